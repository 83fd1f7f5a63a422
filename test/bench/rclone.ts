import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { endedChildrenCpuSeconds, peakMibOf, type Usage } from './process-usage.js';

const LOOK_EVERY_MS = 20;

/** What both ways of running rclone have: as many at once as the service, and nothing on the screen. */
const COMMON = ['--transfers', '32', '--checkers', '32', '--stats', '0', '--log-level', 'ERROR', '--retries', '1'];

/**
 * The fewest requests that rclone can do with: one recursive listing of each side, no HEAD before a GET nor after a PUT, times
 * as the server has them (else every object costs a HEAD for its modification time), no look at the bucket first.
 */
const TUNED = [
  '--fast-list',
  '--use-server-modtime',
  '--s3-no-head',
  '--s3-no-head-object',
  '--s3-no-check-bucket',
  '--s3-chunk-size',
  '16M',
];

export type RcloneWay = 'default' | 'tuned';

/** The first line of `rclone version`; undefined where there is no rclone. */
export function rcloneVersion(): string | undefined {
  const { status, stdout } = spawnSync('rclone', ['version'], { encoding: 'utf8' });
  return status === 0 ? stdout.split('\n')[0] : undefined;
}

export interface RcloneRun {
  readonly source: string;
  readonly destination: string;
  readonly fromBucket: string;
  readonly toBucket: string;
  readonly way: RcloneWay;
  /** More flags, such as `--checksum`. */
  readonly flags?: readonly string[];
}

/** Copies a bucket as a process of its own; rejects when rclone fails. */
export async function runRclone(run: RcloneRun): Promise<Usage & { readonly seconds: number }> {
  const flags = [...COMMON, ...(run.way === 'tuned' ? TUNED : []), ...(run.flags ?? [])];
  const cpuBefore = endedChildrenCpuSeconds();
  const startedAt = performance.now();
  const child = spawn('rclone', ['copy', `from:${run.fromBucket}`, `to:${run.toBucket}`, ...flags], {
    env: {
      PATH: process.env.PATH ?? '',
      RCLONE_CONFIG: '/dev/null',
      ...remote('FROM', run.source),
      ...remote('TO', run.destination),
    },
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  let peakMib = 0;
  const looking = setInterval(() => (peakMib = Math.max(peakMib, peakMibOf(child.pid ?? -1) ?? 0)), LOOK_EVERY_MS);
  const [code] = (await once(child, 'exit')) as [number | null];
  clearInterval(looking);
  if (code !== 0) throw new Error(`rclone ended with ${code}`);
  return {
    seconds: (performance.now() - startedAt) / 1000,
    cpuSeconds: endedChildrenCpuSeconds() - cpuBefore,
    peakMib,
  };
}

const remote = (name: string, endpoint: string): Record<string, string> => ({
  [`RCLONE_CONFIG_${name}_TYPE`]: 's3',
  [`RCLONE_CONFIG_${name}_PROVIDER`]: 'Other',
  [`RCLONE_CONFIG_${name}_ENDPOINT`]: endpoint,
  [`RCLONE_CONFIG_${name}_ACCESS_KEY_ID`]: 'AKBENCH',
  [`RCLONE_CONFIG_${name}_SECRET_ACCESS_KEY`]: 'secret-of-the-bench',
  [`RCLONE_CONFIG_${name}_REGION`]: 'us-east-1',
});
