import { createCipheriv, createHash } from 'node:crypto';

const MIB = 1024 * 1024;

export interface StoredObject {
  readonly size: number;
  /** Without its quotes. */
  readonly etag: string;
  readonly lastModifiedMs: number;
  /** Header lines that are given back as they came, each with its line end. */
  readonly headers: string;
}

/** Objects of a bucket in the order of their keys, which are plain ASCII. */
export interface Bucket {
  readonly count: number;
  keyAt(index: number): string;
  objectAt(index: number): StoredObject;
  get(key: string): StoredObject | undefined;
  put(key: string, object: StoredObject): void;
}

/** Where the first key stands that is not before `key`. */
export function positionOf(bucket: Bucket, key: string): number {
  let low = 0;
  let high = bucket.count;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (bucket.keyAt(middle) < key) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** What clients wrote: sizes and digests, no content. */
export class WrittenBucket implements Bucket {
  private readonly objects = new Map<string, StoredObject>();
  private sorted: string[] = [];

  get count(): number {
    return this.keys().length;
  }
  keyAt(index: number): string {
    return this.keys()[index] ?? '';
  }
  objectAt(index: number): StoredObject {
    return this.objects.get(this.keyAt(index))!;
  }
  get(key: string): StoredObject | undefined {
    return this.objects.get(key);
  }
  put(key: string, object: StoredObject): void {
    this.objects.set(key, object);
  }

  private keys(): readonly string[] {
    if (this.sorted.length !== this.objects.size) this.sorted = [...this.objects.keys()].sort();
    return this.sorted;
  }
}

export interface MadeObjects {
  readonly count: number;
  readonly size: number;
  readonly lastModifiedMs: number;
}

const KEYS_PER_FOLDER = 1000;
const digits = (value: number, width: number): string => String(value).padStart(width, '0');
const keyOf = (index: number): string =>
  `folder-${digits(Math.floor(index / KEYS_PER_FOLDER), 5)}/object-${digits(index, 8)}.bin`;
const KEY = /^folder-\d{5}\/object-(\d{8})\.bin$/;

/**
 * Objects that are made up as they are asked for, a thousand to a folder: a million keys cost nothing. Writes to other keys are
 * kept, but listings do not show them.
 */
export class MadeBucket implements Bucket {
  readonly count: number;
  private readonly written = new WrittenBucket();
  private readonly object: StoredObject;

  constructor({ count, size, lastModifiedMs }: MadeObjects) {
    this.count = count;
    this.object = { size, lastModifiedMs, etag: etagOf(size), headers: 'content-type: application/octet-stream\r\n' };
  }

  keyAt(index: number): string {
    return keyOf(index);
  }
  objectAt(): StoredObject {
    return this.object;
  }
  get(key: string): StoredObject | undefined {
    const index = Number(KEY.exec(key)?.[1] ?? NaN);
    return index < this.count && keyOf(index) === key ? this.object : this.written.get(key);
  }
  put(key: string, object: StoredObject): void {
    this.written.put(key, object);
  }
}

/** The content of all made objects: this, again and again. It looks random and is the same in every process. */
export const CONTENT = createCipheriv('aes-128-ctr', Buffer.alloc(16), Buffer.alloc(16)).update(Buffer.alloc(MIB));
/** Objects beyond this count as uploaded in parts: their ETag is no MD5. */
const LARGEST_PUT = 64 * MIB;

function etagOf(size: number): string {
  if (size > LARGEST_PUT) return `${'0'.repeat(31)}1-${Math.ceil(size / LARGEST_PUT)}`;
  const hash = createHash('md5');
  for (let left = size; left > 0; left -= CONTENT.length)
    hash.update(left < CONTENT.length ? CONTENT.subarray(0, left) : CONTENT);
  return hash.digest('hex');
}
