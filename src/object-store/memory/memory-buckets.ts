import { createHash } from 'node:crypto';
import { SystemClock, type Clock } from '../../kernel/clock.js';
import { randomId } from '../../kernel/ids.js';
import {
  compareKeys,
  StoreError,
  type ObjectMetadata,
  type PutOptions,
  type StorageClass,
} from '../object-store.port.js';

export const md5Hex = (content: Buffer): string => createHash('md5').update(content).digest('hex');

/** An object as `MemoryBuckets` keeps it. */
export interface MemoryObject {
  readonly content: Buffer;
  readonly etag: string;
  readonly lastModifiedMs: number;
  readonly contentType: string | undefined;
  readonly metadata: ObjectMetadata;
  readonly storageClass: StorageClass;
  readonly tags: Readonly<Record<string, string>>;
  /** Of an archived object: has anybody asked for it, and is it here. */
  readonly restore?: 'asked' | 'done';
}

export interface MemoryUpload {
  readonly key: string;
  readonly options: PutOptions;
  readonly parts: Map<number, { readonly content: Buffer; readonly etag: string }>;
}

export interface MemoryBucket {
  readonly objects: Map<string, MemoryObject>;
  readonly uploads: Map<string, MemoryUpload>;
}

/** What several `MemoryStore`s look at: buckets in memory, and the switches a test needs. */
export class MemoryBuckets {
  /** Stores over the same buckets can copy among themselves. */
  readonly identity = `memory:${randomId()}`;
  private readonly buckets = new Map<string, MemoryBucket>();

  constructor(
    names: readonly string[],
    private readonly clock: Clock = new SystemClock(),
  ) {
    for (const name of names) this.buckets.set(name, { objects: new Map(), uploads: new Map() });
  }

  /** Rejects with `no-such-bucket`. */
  bucket(name: string): MemoryBucket {
    const bucket = this.buckets.get(name);
    if (bucket === undefined)
      throw new StoreError('no-such-bucket', `There is no bucket ${name}`, { backendCode: 'NoSuchBucket' });
    return bucket;
  }

  /** Makes `content` the object under `key`, at once. */
  write(
    bucket: string,
    key: string,
    content: Buffer,
    options: Partial<PutOptions> = {},
    etag = md5Hex(content),
  ): MemoryObject {
    const object: MemoryObject = {
      content,
      etag,
      lastModifiedMs: this.clock.now().getTime(),
      contentType: options.contentType,
      metadata: options.metadata ?? {},
      storageClass: options.storageClass ?? 'STANDARD',
      tags: options.tags ?? {},
    };
    this.bucket(bucket).objects.set(key, object);
    return object;
  }

  /** Keys in the order of their UTF-8 bytes. */
  keys(bucket: string): string[] {
    return [...this.bucket(bucket).objects.keys()].sort(compareKeys);
  }

  setLastModified(bucket: string, key: string, at: Date): void {
    this.change(bucket, key, { lastModifiedMs: at.getTime() });
  }

  /** Archived objects that were asked for become readable. */
  finishRestores(bucket: string): void {
    for (const [key, { restore }] of this.bucket(bucket).objects)
      if (restore === 'asked') this.change(bucket, key, { restore: 'done' });
  }

  /** Replaces some of what is known of an object. */
  change(bucket: string, key: string, change: Partial<MemoryObject>): void {
    const { objects } = this.bucket(bucket);
    const object = objects.get(key);
    if (object === undefined)
      throw new StoreError('not-found', `There is no object ${key}`, { backendCode: 'NoSuchKey' });
    objects.set(key, { ...object, ...change });
  }
}
