import { ByteBudget } from '../../src/kernel/byte-budget.js';
import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { EndpointGuards } from '../../src/object-store/endpoint-guards.js';
import { guardStore } from '../../src/object-store/guard-store.js';
import type { DestinationStore } from '../../src/object-store/object-store.port.js';
import { SharedConnections } from '../../src/object-store/s3/connections.js';
import { GENERIC_S3 } from '../../src/object-store/s3/dialects.js';
import { S3Store } from '../../src/object-store/s3/store.js';
import { UndiciTransport } from '../../src/object-store/s3/undici-transport.js';
import { inParallel } from '../../src/transfer/in-parallel.js';
import { syncObject } from '../../src/transfer/sync-object.js';
import type { SyncObjectOptions } from '../../src/transfer/transfer-options.js';
import type { BenchResult } from './bench-result.js';

const KIB = 1024;
const MIB = 1024 * KIB;
const CONCURRENCY = 64;
const credentials = { accessKey: 'AKBENCH', secretKey: 'secret-of-the-bench' };
const times = { requestTimeoutMs: 30_000, idleTimeoutMs: 30_000 };
const retry = { attempts: 3, baseDelayMs: 50, maxDelayMs: 1000 };
const never = new AbortController().signal;

const options: SyncObjectOptions = {
  buffers: new ByteBudget(64 * 1024 * 1024),
  limits: {
    ...retry,
    multipartThresholdBytes: 64 * MIB,
    partBytes: 16 * MIB,
    partConcurrency: 4,
    bufferBytes: 8 * MIB,
    objectTimeoutMs: 60_000,
  },
  consistencyCheck: 'size_last_modified',
  migrateMetadata: true,
  enableKms: false,
  enableRestore: false,
};

async function startEndpoint(bucket: string): Promise<{ child: ChildProcess; url: string }> {
  const main = fileURLToPath(new URL('../support/s3-endpoint/main.ts', import.meta.url));
  const keys = ['--access-key', credentials.accessKey, '--secret-key', credentials.secretKey];
  const child = spawn(process.execPath, ['--import', 'tsx', main, ...keys, '--bucket', bucket], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = (await once(createInterface(child.stdout), 'line')) as [string];
  const { url } = JSON.parse(line) as { url: string };
  return { child, url };
}

const keysOf = (name: string, count: number): string[] => Array.from({ length: count }, (_, at) => `${name}/${at}`);

/** Copies that many objects of a size, and the same again when nothing has changed. */
async function measure(
  source: DestinationStore,
  destination: DestinationStore,
  name: string,
  count: number,
  size: number,
): Promise<BenchResult> {
  const keys = keysOf(name, count);
  const piece = randomBytes(Math.min(size, MIB));
  const content = (): Readable => Readable.from(Array<Buffer>(size / piece.length).fill(piece), { objectMode: false });
  await inParallel(keys, 16, never, (key, signal) => source.put(key, content(), { size }, signal));
  const copyAll = async (expected: string): Promise<{ seconds: number; cpuSeconds: number }> => {
    const cpu = process.cpuUsage();
    const startedAt = performance.now();
    await inParallel(keys, CONCURRENCY, never, async (key, signal) => {
      const { outcome } = await syncObject(source, destination, key, options, signal);
      if (outcome !== expected) throw new Error(`${key} is ${outcome}`);
    });
    const { user, system } = process.cpuUsage(cpu);
    return { seconds: (performance.now() - startedAt) / 1000, cpuSeconds: (user + system) / 1e6 };
  };
  const copied = await copyAll('synced');
  const unchanged = await copyAll('ignored');
  return {
    name: `copy ${count} x ${size >= MIB ? `${size / MIB} MiB` : `${size / KIB} KiB`}`,
    figures: {
      'objects/s': Math.round(count / copied.seconds),
      'MB/s': Math.round((count * size) / copied.seconds / 1e6),
      'client CPU s': Number(copied.cpuSeconds.toFixed(2)),
      'unchanged objects/s': Math.round(count / unchanged.seconds),
      'RSS MiB': Math.round(process.memoryUsage().rss / MIB),
    },
  };
}

/** Copies between two local endpoints, each its own process. */
export async function benchCopy(): Promise<BenchResult[]> {
  const endpoints = await Promise.all([startEndpoint('from'), startEndpoint('to')]);
  const connections = new SharedConnections(
    (origin) => new UndiciTransport({ origin, connections: 2 * CONCURRENCY, ...times }),
  );
  const guards = new EndpointGuards({
    readConcurrency: CONCURRENCY,
    writeConcurrency: CONCURRENCY,
    breaker: { failures: 10, resetMs: 1000 },
  });
  const open = (endpoint: string, bucket: string): DestinationStore =>
    guardStore(
      new S3Store({
        bucket,
        endpoint,
        addressing: 'path',
        signingRegion: 'us-east-1',
        credentials,
        quirks: GENERIC_S3.quirks,
        connect: (origin) => connections.acquire(origin),
      }),
      { guards, retry, deadlines: times },
    );
  const source = open(endpoints[0].url, 'from');
  const destination = open(endpoints[1].url, 'to');
  try {
    await measure(source, destination, 'warm-up', 500, 4 * KIB);
    return [
      await measure(source, destination, 'small', 5000, 4 * KIB),
      await measure(source, destination, 'middle', 300, MIB),
      await measure(source, destination, 'large', 1, 256 * MIB),
    ];
  } finally {
    await source.close();
    await destination.close();
    await connections.close();
    for (const { child } of endpoints) {
      child.kill('SIGTERM');
      await once(child, 'exit');
    }
  }
}
