import { MemoryBuckets } from '../../src/object-store/memory/memory-buckets.js';
import { MemoryStore } from '../../src/object-store/memory/memory-store.js';
import { describeDestination, describeSource, type DestinationCase } from './object-store.contract.js';

describe('the memory store', () => {
  let buckets = new MemoryBuckets(['bucket']);

  const subject: DestinationCase = {
    traits: { listsInKeyOrder: true, keepsMetadata: true, checksum: 'md5', maxPutBytes: Infinity },
    seed: (objects) => {
      buckets = new MemoryBuckets(['bucket']);
      for (const [key, content] of Object.entries(objects)) buckets.write('bucket', key, Buffer.from(content));
      return Promise.resolve(new MemoryStore(buckets, 'bucket'));
    },
    missingBucket: () => Promise.resolve(new MemoryStore(buckets, 'missing')),
    infrequentAccess: 'IA',
    finishRestores: () => buckets.finishRestores('bucket'),
  };
  describeSource(subject);
  describeDestination(subject);
});
