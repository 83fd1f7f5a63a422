import { CreateBucketCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { StoreFactory } from '../../../src/object-store/store-factory.js';
import { inParallel } from '../../../src/transfer/in-parallel.js';
import { describeDestination, describeSource, type DestinationCase } from '../../contracts/object-store.contract.js';
import { bytesOf } from '../../contracts/object-store-support.js';
import { SERVER_KEYS, type RunningS3Server, type S3Server } from './s3-server.js';

const transfer = { readConcurrency: 16, writeConcurrency: 16, requestTimeoutMs: 20_000, idleTimeoutMs: 20_000 };
const { signal } = new AbortController();

const putAll = async (
  client: S3Client,
  bucket: string,
  objects: Readonly<Record<string, string | Buffer>>,
): Promise<void> => {
  await client.send(new CreateBucketCommand({ Bucket: bucket }));
  await inParallel(Object.entries(objects), 8, signal, ([Key, content]) =>
    client.send(
      new PutObjectCommand({ Bucket: bucket, Key, Body: content, ContentLength: Buffer.byteLength(content) }),
    ),
  );
};

const describeRunning = (name: string, server: RunningS3Server, differences: Partial<DestinationCase>): void => {
  describe(`the S3 store against ${name}`, () => {
    const region = 'us-east-1';
    const clouds = { AWS: { regions: { [region]: { endpoint: server.url, addressing: 'path' as const } } } };
    const factory = new StoreFactory({ clouds, transfer });
    const client = new S3Client({
      endpoint: server.url,
      region,
      forcePathStyle: true,
      credentials: { accessKeyId: SERVER_KEYS.accessKey, secretAccessKey: SERVER_KEYS.secretKey },
    });
    let count = 0;
    const open = (bucket: string) => factory.open({ cloudType: 'AWS', region, bucket }, SERVER_KEYS);
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
        await putAll(client, bucket, objects);
        return open(bucket);
      },
      missingBucket: () => Promise.resolve(open('missing-bucket')),
      infrequentAccess: 'STANDARD_IA',
      manyKeys: 2500,
      ...differences,
    };
    afterAll(async () => {
      client.destroy();
      await factory.close();
      await server.stop();
    });
    describeSource(subject);
    describeDestination(subject);

    it('gives each of many small objects its own content, with several requests on a connection', async () => {
      const bucket = `bucket-${++count}`;
      await putAll(client, bucket, {});
      const pipelined = new StoreFactory({ clouds, transfer: { ...transfer, pipelining: 'always' } });
      const store = pipelined.open({ cloudType: 'AWS', region, bucket }, SERVER_KEYS);
      const contents = Array.from({ length: 400 }, (_, n) => [`k${n}`, `${n}-`.repeat(n)] as const);
      await inParallel(contents, 32, signal, async ([key, content]) => {
        const body = Buffer.from(content);
        await store.put(key, body, { size: body.length }, signal);
      });
      await inParallel(contents, 32, signal, async ([key, content]) => {
        const opened = await store.open(key, { collectUpTo: 4000 }, signal);
        expect((await bytesOf(opened.body)).toString()).toBe(content);
      });
      await pipelined.close();
    });
  });
};

/**
 * The whole contract against a foreign server. One that is missing is skipped with the reason, and a failure where
 * OPENOMS_REQUIRE_BACKENDS=1 says that it must be there.
 */
export const describeS3Server = (name: string, server: S3Server, differences: Partial<DestinationCase>): void => {
  if ('url' in server) describeRunning(name, server, differences);
  else if (process.env['OPENOMS_REQUIRE_BACKENDS'] === '1')
    it(`has ${name}`, () => {
      throw new Error(server.missing);
    });
  else it.skip(`the S3 store against ${name}: ${server.missing}`, () => undefined);
};
