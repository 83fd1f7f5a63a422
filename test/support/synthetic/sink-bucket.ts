import { createHash } from 'node:crypto';
import { KeyIndex } from '../s3-endpoint/key-index.js';
import { S3Error } from '../s3-endpoint/s3-error.js';
import type { ListedBucket, ListedEntry } from './listed-bucket.js';
import type { SunkObject } from './plan.js';

/** Where a service keeps its own files in a bucket. */
export const LISTS = 'oms/';

interface Kept extends SunkObject {
  readonly content?: Buffer;
}

/** What arrived of one body. */
export interface Arrived {
  readonly size: number;
  readonly md5: string;
  /** Only of lists. */
  readonly content: Buffer | undefined;
}

interface SinkUpload {
  readonly key: string;
  readonly parts: Map<number, { readonly size: number; readonly etag: string }>;
}

const linesIn = (content: Buffer): Pick<SunkObject, 'lines' | 'firstLine' | 'lastLine'> => {
  let lines = 0;
  for (let at = content.indexOf(10); at >= 0; at = content.indexOf(10, at + 1)) lines++;
  const text = content.toString();
  const end = text.endsWith('\n') ? text.length - 1 : text.length;
  return {
    lines,
    firstLine: text.slice(0, Math.max(0, text.indexOf('\n'))),
    lastLine: text.slice(text.lastIndexOf('\n', end - 1) + 1, end),
  };
};

/** A bucket that takes objects and forgets their bytes. */
export class SinkBucket implements ListedBucket {
  /** Objects that are no lists. */
  written = 0;
  private readonly objects = new KeyIndex<Kept>();
  private readonly uploads = new Map<string, SinkUpload>();
  private uploadCount = 0;

  constructor(
    private readonly keepLists: boolean,
    private readonly now: () => number,
  ) {}

  get count(): number {
    return this.objects.keys().length;
  }

  firstFrom(text: string, exclusive: boolean): number {
    return this.objects.position(text, exclusive);
  }

  entry(place: number): ListedEntry {
    const { key, size, modifiedMs, etag } = this.object(this.objects.keys()[place] ?? '');
    return { key, size, modified: new Date(modifiedMs).toISOString(), etag };
  }

  /** Throws for an absent key. */
  object(key: string): Kept {
    const object = this.objects.get(key);
    if (object === undefined) throw new S3Error('NoSuchKey');
    return object;
  }

  find(key: string): Kept | undefined {
    return this.objects.get(key);
  }

  *under(prefix: string): Generator<Kept> {
    const keys = this.objects.keys();
    for (let at = this.objects.position(prefix, false); keys[at]?.startsWith(prefix) === true; at++)
      yield this.object(keys[at] ?? '');
  }

  put(key: string, { size, md5, content }: Arrived, modifiedMs = this.now(), etag = md5): void {
    const before = this.objects.get(key);
    if (before === undefined && !key.startsWith(LISTS)) this.written++;
    this.objects.set(key, {
      key,
      size,
      etag,
      modifiedMs,
      writes: (before?.writes ?? 0) + 1,
      ...(content === undefined ? {} : linesIn(content)),
      ...(content !== undefined && this.keepLists ? { content } : {}),
    });
  }

  remove(key: string): void {
    if (this.objects.get(key) !== undefined && !key.startsWith(LISTS)) this.written--;
    this.objects.delete(key);
  }

  begin(key: string): string {
    const id = `upload-${++this.uploadCount}`;
    this.uploads.set(id, { key, parts: new Map() });
    return id;
  }

  upload(key: string, id: string): SinkUpload {
    const upload = this.uploads.get(id);
    if (upload?.key !== key) throw new S3Error('NoSuchUpload');
    return upload;
  }

  /** Makes the parts an object, of which every one must be as it is named; answers its ETag. */
  complete(key: string, id: string, named: readonly { readonly partNumber: number; readonly etag: string }[]): string {
    const { parts } = this.upload(key, id);
    const hash = createHash('md5');
    let size = 0;
    named.forEach(({ partNumber, etag }, at) => {
      const part = parts.get(partNumber);
      if (at > 0 && partNumber <= (named[at - 1]?.partNumber ?? 0)) throw new S3Error('InvalidPartOrder');
      if (part?.etag !== etag) throw new S3Error('InvalidPart');
      hash.update(etag, 'hex');
      size += part.size;
    });
    const md5 = `${hash.digest('hex')}-${named.length}`;
    this.put(key, { size, md5, content: undefined });
    this.uploads.delete(id);
    return md5;
  }

  abort(key: string, id: string): void {
    this.upload(key, id);
    this.uploads.delete(id);
  }

  openUploads(): readonly { readonly key: string; readonly parts: number }[] {
    return [...this.uploads.values()].map(({ key, parts }) => ({ key, parts: parts.size }));
  }
}
