import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  GetObjectCommand,
  PutObjectCommand,
  S3Client,
  type PutObjectCommandOutput,
  type S3ClientConfig,
} from '@aws-sdk/client-s3';
import { startS3Endpoint, type S3Endpoint } from './index.js';

export const KEYS = { accessKey: 'AKIDENDPOINT', secretKey: 'endpoint secret/+' };
export const Bucket = 'test-bucket';

/** An endpoint and the official client for it: where the two agree, the endpoint speaks S3. */
export class EndpointUnderTest {
  private running: { readonly endpoint: S3Endpoint; readonly client: S3Client; readonly folder: string } | undefined;
  now = new Date();

  async start(storage: string): Promise<void> {
    const folder = mkdtempSync(join(tmpdir(), 's3-endpoint-'));
    this.now = new Date();
    const endpoint = await startS3Endpoint({
      accessKeys: [KEYS, { accessKey: 'DENIED', secretKey: 'x', denyBuckets: [Bucket] }],
      buckets: [Bucket],
      storage: storage === 'memory' ? 'memory' : folder,
      control: true,
      now: () => this.now,
    });
    this.running = { endpoint, client: clientOf(endpoint), folder };
  }

  async stop(): Promise<void> {
    this.client.destroy();
    await this.endpoint.close();
    rmSync(this.folder, { recursive: true });
  }

  get endpoint(): S3Endpoint {
    return this.running!.endpoint;
  }

  get client(): S3Client {
    return this.running!.client;
  }

  get folder(): string {
    return this.running!.folder;
  }

  put(Key: string, Body: string | Buffer, more = {}): Promise<PutObjectCommandOutput> {
    return this.client.send(new PutObjectCommand({ Bucket, Key, Body, ...more }));
  }

  async get(Key: string, more = {}): Promise<string> {
    const answer = await this.client.send(new GetObjectCommand({ Bucket, Key, ...more }));
    return Buffer.from(await answer.Body!.transformToByteArray()).toString();
  }
}

export const clientOf = (endpoint: S3Endpoint, config: Partial<S3ClientConfig> = {}): S3Client =>
  new S3Client({
    endpoint: endpoint.url,
    region: 'us-east-1',
    forcePathStyle: true,
    maxAttempts: 1,
    credentials: { accessKeyId: KEYS.accessKey, secretAccessKey: KEYS.secretKey },
    ...config,
  });

/** What the client throws for an error of this name and status. */
export const refusal = (name: string, status: number) =>
  expect.objectContaining({
    name,
    $metadata: expect.objectContaining({ httpStatusCode: status }) as unknown,
  }) as unknown;

/** The same cases with either storage, each over a fresh endpoint. */
export const describeEndpoint = (what: string, cases: (subject: EndpointUnderTest) => void) =>
  describe.each(['memory', 'folder'])(`the strict S3 endpoint with %s storage, ${what}`, (storage) => {
    const subject = new EndpointUnderTest();
    beforeEach(() => subject.start(storage));
    afterEach(() => subject.stop());
    cases(subject);
  });
