import { CDN_AUTHENTICATIONS } from '../../src/object-store/http/cdn/cdn.js';
import { withCdn } from '../../src/object-store/http/cdn/with-cdn.js';
import { HttpClient } from '../../src/object-store/http/http-client.js';
import { startCdnOfMemory, type HttpSource } from '../support/http-source/index.js';
import { describeSource } from './object-store.contract.js';

describe.each(CDN_AUTHENTICATIONS)('a bucket behind a CDN with authentication %s', (type) => {
  const sources: HttpSource[] = [];
  let client: HttpClient;

  beforeAll(() => {
    client = new HttpClient({
      allowPrivateNetworks: true,
      connectionsPerOrigin: 4,
      requestTimeoutMs: 5000,
      idleTimeoutMs: 5000,
    });
  });
  afterEach(async () => {
    for (const source of sources.splice(0)) await source.close();
  });
  afterAll(() => client.close());

  const open = async (objects: Readonly<Record<string, string | Buffer>>) => {
    const { bucket, source, settings, secrets } = await startCdnOfMemory(type, objects);
    sources.push(source);
    return withCdn(bucket, client, settings, secrets);
  };

  describeSource({
    traits: { listsInKeyOrder: true, keepsMetadata: true, checksum: 'none', maxPutBytes: Infinity },
    seed: open,
    missingBucket: () => open({}),
    manyKeys: 200,
    deviations: {
      'reports a missing bucket as no-such-bucket': 'a CDN says the same of everything that is not there',
    },
  });
});
