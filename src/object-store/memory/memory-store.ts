import { Readable } from 'node:stream';
import { exactBody } from '../exact-body.js';
import { objectsOf, PAGE_OBJECTS } from '../listing-pages.js';
import {
  compareKeys,
  StoreError,
  type CopySource,
  type DestinationStore,
  type ListedObject,
  type MultipartUploads,
  type ObjectInfo,
  type OpenedObject,
  type OpenOptions,
  type PutOptions,
  type PutResult,
  type StoreTraits,
  UNKNOWN_SIZE,
} from '../object-store.port.js';
import { CollectedObject } from '../opened-object.js';
import { md5Hex, type MemoryBuckets, type MemoryObject } from './memory-buckets.js';
import { MemoryUploads, type PartLimits } from './memory-uploads.js';

export interface MemoryStoreOptions {
  readonly maxPutBytes?: number;
  /** Objects in one page of a listing. */
  readonly pageObjects?: number;
  /** Tells no sizes, as some web servers do. */
  readonly hidesSizes?: boolean;
  readonly parts?: Partial<PartLimits>;
}

const MAX_KEY_BYTES = 1024;

const listed = (key: string, object: MemoryObject): ListedObject => ({
  key,
  size: object.content.length,
  lastModifiedMs: object.lastModifiedMs,
  etag: object.etag,
  storageClass: object.storageClass,
});

const archiveState = ({ storageClass, restore }: MemoryObject): 'archived' | 'restoring' | undefined => {
  if (storageClass !== 'ARCHIVE' && storageClass !== 'DEEP_ARCHIVE') return undefined;
  if (restore === 'done') return undefined;
  return restore === 'asked' ? 'restoring' : 'archived';
};

const infoOf = (key: string, object: MemoryObject): ObjectInfo => {
  const archive = archiveState(object);
  const tagCount = Object.keys(object.tags).length;
  return {
    ...listed(key, object),
    metadata: object.metadata,
    ...(object.contentType !== undefined && { contentType: object.contentType }),
    ...(!object.etag.includes('-') && { md5: object.etag }),
    ...(archive !== undefined && { archive }),
    ...(tagCount > 0 && { tagCount }),
  };
};

/** A bucket in memory, with every ability a store can have. For tests, and exact about the port's promises. */
export class MemoryStore implements DestinationStore {
  readonly label: string;
  readonly traits: StoreTraits;
  readonly endpointIdentity: string;
  readonly multipart: MultipartUploads;
  private readonly pageObjects: number;
  private readonly hidesSizes: boolean;

  constructor(
    private readonly buckets: MemoryBuckets,
    readonly bucket: string,
    { maxPutBytes = Infinity, pageObjects = PAGE_OBJECTS, hidesSizes = false, parts = {} }: MemoryStoreOptions = {},
  ) {
    this.pageObjects = pageObjects;
    this.hidesSizes = hidesSizes;
    this.label = `memory://${bucket}`;
    this.endpointIdentity = buckets.identity;
    this.traits = { listsInKeyOrder: true, keepsMetadata: true, checksum: 'md5', maxPutBytes };
    this.multipart = new MemoryUploads(buckets, bucket, {
      minPartBytes: parts.minPartBytes ?? 1,
      maxPartBytes: parts.maxPartBytes ?? 5 * 1024 ** 3,
      maxParts: parts.maxParts ?? 10_000,
    });
  }

  list(prefix: string, after: string | undefined, signal: AbortSignal): AsyncIterable<ListedObject> {
    return objectsOf(this.listPages(prefix, after, signal));
  }

  async *listPages(
    prefix: string,
    after: string | undefined,
    signal: AbortSignal,
  ): AsyncGenerator<readonly ListedObject[]> {
    signal.throwIfAborted();
    const { objects } = this.buckets.bucket(this.bucket);
    const wanted = (key: string) => key.startsWith(prefix) && (after === undefined || compareKeys(key, after) > 0);
    const keys = this.buckets.keys(this.bucket).filter(wanted);
    for (let at = 0; at < keys.length; at += this.pageObjects) {
      await Promise.resolve();
      signal.throwIfAborted();
      const page = keys.slice(at, at + this.pageObjects).flatMap((key) => {
        const object = objects.get(key);
        return object === undefined ? [] : [this.told(listed(key, object))];
      });
      if (page.length > 0) yield page;
    }
  }

  async head(key: string, signal: AbortSignal): Promise<ObjectInfo> {
    return this.told(infoOf(key, await this.find(key, signal)));
  }

  async open(
    key: string,
    { range, ifMatch, collectUpTo = -1 }: OpenOptions,
    signal: AbortSignal,
  ): Promise<OpenedObject> {
    const object = await this.find(key, signal);
    if (ifMatch !== undefined && ifMatch !== object.etag)
      throw new StoreError('changed', `Object ${key} is another one by now`, { backendCode: 'PreconditionFailed' });
    if (archiveState(object) !== undefined)
      throw new StoreError('archived', `Object ${key} must be restored first`, { backendCode: 'InvalidObjectState' });
    const { content } = object;
    if (range !== undefined && (range.start >= content.length || range.end < range.start))
      throw new StoreError('invalid', `Object ${key} has no such range`, { backendCode: 'InvalidRange' });
    const bytes = range === undefined ? content : content.subarray(range.start, range.end + 1);
    const info = this.told(infoOf(key, object));
    if (bytes.length <= collectUpTo) return new CollectedObject(info, bytes);
    return { info, body: Readable.from(bytes.length === 0 ? [] : [bytes], { objectMode: false }) };
  }

  async put(key: string, body: Buffer | Readable, options: PutOptions, signal: AbortSignal): Promise<PutResult> {
    const chunks: Buffer[] = [];
    this.refuse(key, options, body);
    for await (const chunk of exactBody(body, options.size, signal)) chunks.push(chunk);
    const content = Buffer.concat(chunks);
    const md5 = md5Hex(content);
    if (options.md5 !== undefined && options.md5 !== md5)
      throw new StoreError('checksum', `The MD5 of ${key} is another one`, { backendCode: 'BadDigest' });
    this.buckets.write(this.bucket, key, content, options, md5);
    return { etag: md5, md5 };
  }

  async delete(key: string, signal: AbortSignal): Promise<void> {
    await Promise.resolve();
    signal.throwIfAborted();
    this.buckets.bucket(this.bucket).objects.delete(key);
  }

  async copyFrom(key: string, from: CopySource, options: PutOptions, signal: AbortSignal): Promise<PutResult> {
    this.refuse(key, options);
    const source = new MemoryStore(this.buckets, from.bucket);
    const { info, body } = await source.open(
      from.key,
      from.ifMatch === undefined ? {} : { ifMatch: from.ifMatch },
      signal,
    );
    return this.put(key, body, { ...options, size: info.size }, signal);
  }

  async restore(key: string, _days: number, signal: AbortSignal): Promise<void> {
    const object = await this.find(key, signal);
    if (archiveState(object) === undefined && object.restore === undefined)
      throw new StoreError('invalid', `Object ${key} is not archived`, { backendCode: 'InvalidObjectState' });
    if (object.restore === undefined) this.buckets.change(this.bucket, key, { restore: 'asked' });
  }

  async getTags(key: string, signal: AbortSignal): Promise<Readonly<Record<string, string>>> {
    return (await this.find(key, signal)).tags;
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  private told<T extends ListedObject>(object: T): T {
    return this.hidesSizes ? { ...object, size: UNKNOWN_SIZE } : object;
  }

  private async find(key: string, signal: AbortSignal): Promise<MemoryObject> {
    await Promise.resolve();
    signal.throwIfAborted();
    const object = this.buckets.bucket(this.bucket).objects.get(key);
    if (object === undefined)
      throw new StoreError('not-found', `There is no object ${key}`, { backendCode: 'NoSuchKey' });
    return object;
  }

  private refuse(key: string, { size }: PutOptions, body?: Buffer | Readable): void {
    const reason =
      key === '' || Buffer.byteLength(key) > MAX_KEY_BYTES
        ? `A key has 1 to ${MAX_KEY_BYTES} bytes`
        : size > this.traits.maxPutBytes
          ? `Object ${key} is too large for one put`
          : size === UNKNOWN_SIZE
            ? `Object ${key} tells no size`
            : undefined;
    if (reason === undefined) this.buckets.bucket(this.bucket);
    else {
      if (body !== undefined && !Buffer.isBuffer(body)) body.destroy();
      throw new StoreError('invalid', reason);
    }
  }
}
