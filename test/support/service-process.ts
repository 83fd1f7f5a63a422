import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream, mkdirSync } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';

export interface ServiceOptions {
  /** Working folder: `openoms.yaml` is read from here, `service.log` is written here. */
  readonly folder: string;
  readonly env?: Readonly<Record<string, string>>;
  /** How long the start may take, in milliseconds. */
  readonly startTimeoutMs?: number;
}

const ROOT = path.resolve(import.meta.dirname, '../..');

/** The built service (`npm run build`) as a process of its own, on a free port of the loopback interface. */
export class ServiceProcess {
  private constructor(
    private readonly child: ChildProcess,
    readonly url: string,
  ) {}

  /** Starts the service and waits until it listens. Rejects with the last log lines when it exits or is too slow. */
  static async start({ folder, env = {}, startTimeoutMs = 30_000 }: ServiceOptions): Promise<ServiceProcess> {
    mkdirSync(folder, { recursive: true });
    const child = spawn(process.execPath, [path.join(ROOT, 'dist/main.js')], {
      cwd: folder,
      env: { PATH: process.env.PATH ?? '', OPENOMS_PORT: '0', ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const log = createWriteStream(path.join(folder, 'service.log'), { flags: 'a' });
    const tail: string[] = [];
    child.stderr.pipe(log, { end: false });
    child.stderr.on('data', (chunk: Buffer) => tail.push(chunk.toString()));
    const listening = new Promise<string>((resolve, reject) => {
      const lines = createInterface({ input: child.stdout });
      lines.on('line', (line) => {
        log.write(`${line}\n`);
        if (tail.push(line) > 40) tail.shift();
        const url = /"url":"(http[^"]+)"/.exec(line)?.[1];
        if (url !== undefined && line.includes('"msg":"listening"')) resolve(url);
      });
      child.once('exit', (code, signal) => {
        log.end();
        reject(new Error(`The service ended (${signal ?? String(code)}) before it listened:\n${tail.join('\n')}`));
      });
      setTimeout(() => {
        reject(new Error(`The service did not listen within ${startTimeoutMs} ms:\n${tail.join('\n')}`));
      }, startTimeoutMs).unref();
    });
    try {
      return new ServiceProcess(child, await listening);
    } catch (error) {
      child.kill('SIGKILL');
      throw error;
    }
  }

  get pid(): number {
    return this.child.pid ?? -1;
  }

  /** As the power going out: nothing is flushed. */
  async kill(): Promise<void> {
    await this.end('SIGKILL');
  }

  /** As an operator stops it; answers the exit code, or the signal's name. */
  async stop(): Promise<number | string> {
    return this.end('SIGTERM');
  }

  private async end(signal: 'SIGKILL' | 'SIGTERM'): Promise<number | string> {
    if (this.child.exitCode === null && this.child.signalCode === null) {
      const exited = once(this.child, 'exit');
      this.child.kill(signal);
      await exited;
    }
    return this.child.signalCode ?? this.child.exitCode ?? -1;
  }
}
