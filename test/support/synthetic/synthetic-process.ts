import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { createInterface } from 'node:readline';
import type { SunkObject, SyntheticCommand, SyntheticOptions, Traffic } from './plan.js';

const ROOT = path.resolve(import.meta.dirname, '../../..');
const MAIN = path.join(import.meta.dirname, 'main.ts');
const START_TIMEOUT_MS = 20_000;

/** The synthetic endpoint as a process of its own. */
export class SyntheticProcess {
  private constructor(
    private readonly child: ChildProcess,
    readonly url: string,
    private readonly twinUrl: string,
  ) {}

  /** The same endpoint at another address, which a service takes for another one. */
  get twin(): { readonly url: string } {
    return { url: this.twinUrl };
  }

  /** Starts it and waits until it listens. */
  static async start(options: SyntheticOptions): Promise<SyntheticProcess> {
    const child = spawn(process.execPath, ['--import', 'tsx', MAIN, JSON.stringify(options)], {
      cwd: ROOT,
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    const giveUp = AbortSignal.timeout(START_TIMEOUT_MS);
    try {
      const early = once(child, 'exit', { signal: giveUp }).then(() => {
        throw new Error('The synthetic endpoint ended before it listened');
      });
      const lines = createInterface(child.stdout);
      const [line] = (await Promise.race([once(lines, 'line', { signal: giveUp }), early])) as [string];
      early.catch(() => undefined);
      const { url, twinUrl } = JSON.parse(line) as { readonly url: string; readonly twinUrl: string };
      return new SyntheticProcess(child, url, twinUrl);
    } catch (error) {
      child.kill('SIGKILL');
      throw error;
    }
  }

  async traffic(): Promise<Traffic> {
    return (await this.command({ do: 'traffic' })) as Traffic;
  }

  /** Objects in the sink, lists left out. */
  async written(bucket: string): Promise<number> {
    return (await this.command({ do: 'written', bucket })) as number;
  }

  async objects(bucket: string, prefix = ''): Promise<readonly SunkObject[]> {
    return (await this.command({ do: 'objects', bucket, prefix })) as readonly SunkObject[];
  }

  /** Texts of list files by key. */
  async texts(bucket: string, prefix: string): Promise<ReadonlyMap<string, string>> {
    return new Map(Object.entries((await this.command({ do: 'texts', bucket, prefix })) as Record<string, string>));
  }

  /** Puts every so many-th generated object into the sink; answers how many. */
  async preset(from: string, to: string, every: number, modifiedMs: number): Promise<number> {
    return (await this.command({ do: 'preset', from, to, every, modifiedMs })) as number;
  }

  /** Keys whose copy is missing or not what was generated. */
  async wrongCopies(from: string, to: string, partBytes = 1): Promise<readonly string[]> {
    return (await this.command({ do: 'compare', from, to, partBytes })) as readonly string[];
  }

  async uploads(bucket: string): Promise<readonly { readonly key: string; readonly parts: number }[]> {
    return (await this.command({ do: 'uploads', bucket })) as readonly { key: string; parts: number }[];
  }

  async stop(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const exited = once(this.child, 'exit');
    this.child.kill('SIGTERM');
    await exited;
  }

  private async command(command: SyntheticCommand): Promise<unknown> {
    const response = await fetch(`${this.url}/__control`, { method: 'POST', body: JSON.stringify(command) });
    const answer: unknown = await response.json();
    if (!response.ok) throw new Error(`The synthetic endpoint refused ${command.do}: ${JSON.stringify(answer)}`);
    return answer;
  }
}
