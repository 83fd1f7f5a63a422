/** node --import tsx engine.ts sourceUrl destUrl fromBucket toBucket transport */
import { ByteBudget } from '../../src/kernel/byte-budget.js';
import { EndpointGuards } from '../../src/object-store/endpoint-guards.js';
import { guardStore } from '../../src/object-store/guard-store.js';
import type { DestinationStore } from '../../src/object-store/object-store.port.js';
import { SharedConnections } from '../../src/object-store/s3/connections.js';
import { GENERIC_S3 } from '../../src/object-store/s3/dialects.js';
import { S3Store } from '../../src/object-store/s3/store.js';
import { copyObject } from '../../src/transfer/copy-object.js';
import { inParallel } from '../../src/transfer/in-parallel.js';

const [source, destination, fromBucket, toBucket, transport = 'undici', bare = ''] = process.argv.slice(2) as string[];
const MIB = 1024 * 1024;
const CONCURRENCY = Number(process.env.CONC ?? 64);
const credentials = { accessKey: 'AKBENCH', secretKey: 'secret-of-the-bench' };
const times = { requestTimeoutMs: 30_000, idleTimeoutMs: 30_000 };
const retry = { attempts: 3, baseDelayMs: 50, maxDelayMs: 1000 };
const never = new AbortController().signal;
const options = {
  buffers: new ByteBudget(64 * MIB),
  limits: {
    ...retry,
    multipartThresholdBytes: 64 * MIB,
    partBytes: 16 * MIB,
    partConcurrency: 4,
    bufferBytes: 8 * MIB,
    objectTimeoutMs: 60_000,
  },
  consistencyCheck: 'size_last_modified' as const,
  migrateMetadata: true,
  enableKms: false,
  enableRestore: false,
};
const { UndiciTransport } = await import('../../src/object-store/s3/undici-transport.js');
const Transport =
  transport === 'undici'
    ? UndiciTransport
    : (await import('../../src/object-store/s3/socket-transport.js' as string)).SocketTransport;
const connections = new SharedConnections(
  (origin) => new Transport({ origin, connections: 2 * CONCURRENCY, ...times }),
);
const guards = new EndpointGuards({
  readConcurrency: CONCURRENCY,
  writeConcurrency: CONCURRENCY,
  breaker: { failures: 10, resetMs: 1000 },
});
const open = (endpoint: string, bucket: string): DestinationStore => {
  const s = new S3Store({
    bucket,
    endpoint,
    addressing: 'path',
    signingRegion: 'us-east-1',
    credentials,
    quirks: GENERIC_S3.quirks,
    connect: (o) => connections.acquire(o),
  });
  return bare === 'bare' ? s : guardStore(s, { guards, retry, deadlines: times });
};
const a = open(source!, fromBucket!);
const b = open(destination!, toBucket!);
const cpu = process.cpuUsage();
const t0 = performance.now();
let bytes = 0;
let count = 0;
const files = { size: 0 };
const queue = a.list('', undefined, never)[Symbol.asyncIterator]();
const copyOne = async (key: string, size: number) => {
  if (bare === 'bare2') {
    return;
  }
  const job = {
    source: a,
    destination: b,
    key,
    options,
    signal: never,
    progress: {
      side: 'destination' as const,
      size: undefined,
      version: undefined,
      wrote: false,
      wrongVisible: false,
      moved: () => undefined,
    },
  };
  const r = await copyObject(job as never, undefined);
  bytes += r.size;
  count++;
};
void files;
void inParallel;
let listing = Promise.resolve();
const next = async () => {
  const mine = listing.then(() => queue.next());
  listing = mine.then(() => undefined);
  return mine;
};
await Promise.all(
  Array.from({ length: CONCURRENCY }, async () => {
    for (;;) {
      const s = await next();
      if (s.done) return;
      await copyOne(s.value.key, s.value.size);
    }
  }),
);
const seconds = (performance.now() - t0) / 1000;
const { user, system } = process.cpuUsage(cpu);
console.log(
  JSON.stringify({
    transport,
    bare,
    bucket: fromBucket,
    objPerS: Math.round(count / seconds),
    MBs: Math.round(bytes / seconds / 1e6),
    cpu: (user + system) / 1e6,
    usPerObj: Math.round((user + system) / count),
    cpuPerGB: Number(((user + system) / 1e6 / (bytes / 1e9)).toFixed(2)),
    rss: Math.round(process.resourceUsage().maxRSS / 1024),
  }),
);
await a.close();
await b.close();
await connections.close();
