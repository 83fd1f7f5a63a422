import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import {
  DeleteObjectCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';

/** A bucket as a user of the demo would handle it: with ordinary tools, not with the service's own adapters. */
export interface Bucket {
  readonly name: string;
  put(key: string, body: Buffer): Promise<void>;
  get(key: string): Promise<Buffer>;
  remove(key: string): Promise<void>;
  keys(prefix?: string): Promise<readonly string[]>;
}

export class FolderBucket implements Bucket {
  constructor(
    readonly name: string,
    private readonly folder: string,
  ) {}

  async put(key: string, body: Buffer): Promise<void> {
    const file = path.join(this.folder, key);
    await mkdir(path.dirname(file), { recursive: true });
    await writeFile(file, body);
  }

  get(key: string): Promise<Buffer> {
    return readFile(path.join(this.folder, key));
  }

  async remove(key: string): Promise<void> {
    await rm(path.join(this.folder, key));
  }

  async keys(prefix = ''): Promise<readonly string[]> {
    const entries = await readdir(this.folder, { recursive: true, withFileTypes: true });
    return entries
      .filter((entry) => entry.isFile())
      .map((entry) => path.relative(this.folder, path.join(entry.parentPath, entry.name)).split(path.sep).join('/'))
      .filter((key) => key.startsWith(prefix))
      .sort();
  }
}

export class S3Bucket implements Bucket {
  private readonly client: S3Client;

  constructor(
    readonly name: string,
    private readonly bucket: string,
    endpoint: string,
    keys: { accessKey: string; secretKey: string },
  ) {
    this.client = new S3Client({
      endpoint,
      region: 'us-east-1',
      forcePathStyle: true,
      credentials: { accessKeyId: keys.accessKey, secretAccessKey: keys.secretKey },
    });
  }

  async put(key: string, body: Buffer): Promise<void> {
    await this.client.send(
      new PutObjectCommand({ Bucket: this.bucket, Key: key, Body: body, ContentType: 'text/plain' }),
    );
  }

  async get(key: string): Promise<Buffer> {
    const { Body } = await this.client.send(new GetObjectCommand({ Bucket: this.bucket, Key: key }));
    return Buffer.from((await Body?.transformToByteArray()) ?? []);
  }

  async remove(key: string): Promise<void> {
    await this.client.send(new DeleteObjectCommand({ Bucket: this.bucket, Key: key }));
  }

  async keys(prefix = ''): Promise<readonly string[]> {
    const keys: string[] = [];
    for (let token: string | undefined; ;) {
      const page = await this.client.send(
        new ListObjectsV2Command({ Bucket: this.bucket, Prefix: prefix, ContinuationToken: token }),
      );
      keys.push(...(page.Contents ?? []).flatMap(({ Key }) => (Key === undefined ? [] : [Key])));
      token = page.NextContinuationToken;
      if (token === undefined) return keys;
    }
  }
}

const digest = (body: Buffer): string => createHash('sha256').update(body).digest('hex');

/** Runs `work` over all items, `width` at once. */
export async function inParallel<T>(
  items: readonly T[],
  width: number,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const queue = items.values();
  await Promise.all(
    Array.from({ length: width }, async () => {
      for (const item of queue) await work(item);
    }),
  );
}

/** Compares every object of the source with its copy under `prefix`: how many there are, and what is wrong with which. */
export async function differences(
  source: Bucket,
  destination: Bucket,
  prefix = '',
): Promise<{ readonly objects: number; readonly wrong: readonly string[] }> {
  const wrong: string[] = [];
  const keys = await source.keys();
  await inParallel(keys, 16, async (key) => {
    const copy = prefix + key;
    const [from, to] = await Promise.all([source.get(key), destination.get(copy).catch(() => undefined)]);
    if (to === undefined) wrong.push(`${copy} is missing`);
    else if (digest(from) !== digest(to)) wrong.push(`${copy} differs`);
  });
  return { objects: keys.length, wrong };
}
