import { StoreFactory } from '../../src/object-store/store-factory.js';
import { startS3Endpoint, type S3Endpoint } from '../support/s3-endpoint/index.js';
import { describeDestination, describeSource, type DestinationCase } from './object-store.contract.js';
import { describeS3Faults } from './object-store-s3-faults.contract.js';

const credentials = { accessKey: 'CONTRACTKEY', secretKey: 'contract-secret' };
const transfer = { readConcurrency: 16, writeConcurrency: 16, requestTimeoutMs: 5000, idleTimeoutMs: 5000 };

describe.each([
  { transport: 'undici', pipelining: 'off' },
  { transport: 'socket', pipelining: 'off' },
  { transport: 'socket', pipelining: 'always' },
] as const)('the S3 store over $transport with pipelining $pipelining', (over) => {
  let endpoint: S3Endpoint;
  let factory: StoreFactory;
  let count = 0;

  beforeAll(async () => {
    endpoint = await startS3Endpoint({ accessKeys: [credentials], buckets: [], region: 'local' });
    factory = new StoreFactory({
      clouds: { AWS: { regions: { local: { endpoint: endpoint.url, addressing: 'path' } } } },
      transfer: { ...transfer, ...over },
    });
  });
  afterAll(async () => {
    await factory.close();
    await endpoint.close();
  });
  afterEach(() => endpoint.faults.clear());

  const open = (bucket: string) => factory.open({ cloudType: 'AWS', region: 'local', bucket }, credentials);
  const subject: DestinationCase = {
    traits: {
      listsInKeyOrder: true,
      keepsMetadata: true,
      checksum: 'md5',
      maxPutBytes: 5 * 1024 ** 3,
      keepsTime: true,
    },
    seed: async (objects) => {
      const bucket = `bucket-${++count}`;
      endpoint.createBucket(bucket);
      for (const [key, content] of Object.entries(objects)) await endpoint.seed(bucket, key, content);
      return open(bucket);
    },
    missingBucket: () => Promise.resolve(open('missing')),
    infrequentAccess: 'STANDARD_IA',
    finishRestores: (bucket) => endpoint.finishRestores(bucket),
  };
  describeSource(subject);
  describeDestination(subject);
  describeS3Faults(subject, () => endpoint);
});
