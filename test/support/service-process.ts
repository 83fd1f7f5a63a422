import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, fstatSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

export interface ServiceOptions {
  /** Working folder: `openoms.yaml` is read from here, `service.log` is written here. */
  readonly folder: string;
  readonly env?: Readonly<Record<string, string>>;
  /** How long the start may take, in milliseconds. */
  readonly startTimeoutMs?: number;
}

const LOOK_EVERY_MS = 10;
const LISTENING = /"url":"(http[^"]+)".*"msg":"listening"/;
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
    const logFile = path.join(folder, 'service.log');
    const log = openSync(logFile, 'a');
    const begin = fstatSync(log).size;
    const child = spawn(process.execPath, [path.join(ROOT, 'dist/main.js')], {
      cwd: folder,
      env: { PATH: process.env.PATH ?? '', OPENOMS_PORT: '0', ...env },
      stdio: ['ignore', log, log],
    });
    closeSync(log);
    const said = () => readFileSync(logFile).subarray(begin).toString();
    const giveUpAt = Date.now() + startTimeoutMs;
    for (;;) {
      const url = LISTENING.exec(said())?.[1];
      if (url !== undefined) return new ServiceProcess(child, url);
      const ended = child.signalCode ?? child.exitCode;
      if (ended === null && Date.now() < giveUpAt) {
        await sleep(LOOK_EVERY_MS);
        continue;
      }
      child.kill('SIGKILL');
      const why = ended === null ? `did not listen within ${startTimeoutMs} ms` : `ended (${ended}) before it listened`;
      throw new Error(`The service ${why}:\n${said().slice(-4000)}`);
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
