import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/** A bucket of made-up objects. */
export interface MadeBucketPlan {
  readonly bucket: string;
  readonly count: number;
  readonly size: number;
  readonly lastModifiedMs: number;
}

/** A quick S3 endpoint as a process of its own. */
export class BenchEndpoint {
  private constructor(
    private readonly child: ChildProcess,
    readonly url: string,
  ) {}

  static async start(made: readonly MadeBucketPlan[] = []): Promise<BenchEndpoint> {
    const main = fileURLToPath(new URL('./endpoint/main.ts', import.meta.url));
    const buckets = made.flatMap(({ bucket, count, size, lastModifiedMs }) => [
      '--made',
      `${bucket}:${count}:${size}:${lastModifiedMs}`,
    ]);
    const child = spawn(process.execPath, ['--import', 'tsx', main, ...buckets], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [line] = (await once(createInterface(child.stdout), 'line')) as [string];
    const { url } = JSON.parse(line) as { url: string };
    return new BenchEndpoint(child, url);
  }

  /** Requests since the last call, of all kinds together. */
  async takeRequests(): Promise<number> {
    const response = await fetch(`${this.url}/__bench/counts`);
    const counts = (await response.json()) as Record<string, number>;
    await fetch(`${this.url}/__bench/reset`, { method: 'POST' });
    return Object.values(counts).reduce((sum, count) => sum + count, 0);
  }

  async drop(bucket: string): Promise<void> {
    await fetch(`${this.url}/__bench/drop?bucket=${bucket}`, { method: 'POST' });
  }

  async stop(): Promise<void> {
    const exited = once(this.child, 'exit');
    this.child.kill('SIGTERM');
    await exited;
  }
}
