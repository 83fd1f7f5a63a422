import { SystemTime } from '../../src/kernel/monotonic-time.js';
import { TokenBucket } from '../../src/kernel/token-bucket.js';
import { EndpointGuards } from '../../src/object-store/endpoint-guards.js';
import { guardStore } from '../../src/object-store/guard-store.js';
import { MemoryBuckets } from '../../src/object-store/memory/memory-buckets.js';
import { MemoryStore } from '../../src/object-store/memory/memory-store.js';
import type { DestinationStore } from '../../src/object-store/object-store.port.js';
import { withThrottle } from '../../src/object-store/with-throttle.js';
import { describeDestination, describeSource, type DestinationCase } from './object-store.contract.js';

/** The decorators take nothing away: a store within all of them keeps the promises of one without. */
describe('a store with its guards and a throttle around it', () => {
  const guards = new EndpointGuards({
    readConcurrency: 8,
    writeConcurrency: 8,
    breaker: { failures: 50, resetMs: 10 },
  });
  const retry = { attempts: 2, baseDelayMs: 1, maxDelayMs: 1 };
  const deadlines = { requestTimeoutMs: 10_000, idleTimeoutMs: 10_000 };
  const observer = { call: () => undefined };
  const open = (buckets: MemoryBuckets, bucket: string): DestinationStore => {
    const guarded = guardStore(new MemoryStore(buckets, bucket), { guards, retry, deadlines, observer });
    return withThrottle(guarded, new TokenBucket(new SystemTime(), 1_000_000_000));
  };
  let buckets = new MemoryBuckets(['bucket']);

  const subject: DestinationCase = {
    traits: { listsInKeyOrder: true, keepsMetadata: true, checksum: 'md5', maxPutBytes: Infinity },
    seed: (objects) => {
      buckets = new MemoryBuckets(['bucket']);
      for (const [key, content] of Object.entries(objects)) buckets.write('bucket', key, Buffer.from(content));
      return Promise.resolve(open(buckets, 'bucket'));
    },
    missingBucket: () => Promise.resolve(open(buckets, 'missing')),
    infrequentAccess: 'IA',
    finishRestores: () => buckets.finishRestores('bucket'),
  };
  describeSource(subject);
  describeDestination(subject);
});
