import { closeSync, existsSync, mkdirSync, openSync, readFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { contentOf, ContentStore, type Content } from './content.js';
import { KeyIndex } from './key-index.js';
import { S3Error } from './s3-error.js';

export const STORAGE_CLASSES = [
  'STANDARD',
  'STANDARD_IA',
  'ONEZONE_IA',
  'INTELLIGENT_TIERING',
  'GLACIER_IR',
  'GLACIER',
  'DEEP_ARCHIVE',
];
const ARCHIVE_CLASSES = new Set(['GLACIER', 'DEEP_ARCHIVE']);

/** What the client said of an object and gets back unchanged; header values as their raw bytes in Latin-1. */
export interface Attributes {
  readonly headers: Readonly<Record<string, string>>;
  readonly storageClass: string;
  readonly tags: Readonly<Record<string, string>>;
  readonly encryption?: string;
}

export interface StoredObject extends Attributes {
  readonly content: Content;
  readonly etag: string;
  readonly lastModified: Date;
  readonly restore?: { readonly state: 'ongoing' | 'done'; readonly expiry: Date };
}

export interface Part {
  readonly content: Content;
  readonly etag: string;
  readonly lastModified: Date;
}

export interface Upload {
  readonly id: string;
  readonly key: string;
  readonly attributes: Attributes;
  readonly initiated: Date;
  readonly parts: Map<number, Part>;
}

export interface Bucket {
  readonly name: string;
  readonly created: Date;
  readonly objects: KeyIndex<StoredObject>;
  readonly uploads: Map<string, Upload>;
}

/** True when the content cannot be read now. */
export const isFrozen = (object: StoredObject): boolean =>
  ARCHIVE_CLASSES.has(object.storageClass) && object.restore?.state !== 'done';
export const isArchived = (object: StoredObject): boolean => ARCHIVE_CLASSES.has(object.storageClass);

interface JournalLine {
  readonly bucket: string;
  readonly key?: string;
  /** Absent for a delete, and for the making of a bucket. */
  readonly object?: Omit<StoredObject, 'lastModified' | 'content'> & {
    readonly lastModified: string;
    readonly files: readonly (readonly [name: string, offset: number, length: number])[];
  };
}

/** All buckets. With a folder, objects survive a restart: every change is a line of its journal. */
export class State {
  readonly content: ContentStore;
  readonly buckets = new Map<string, Bucket>();
  private journal: number | undefined;

  constructor(
    storage: string,
    private readonly now: () => Date,
  ) {
    this.content = new ContentStore(storage);
    if (storage === 'memory') return;
    mkdirSync(storage, { recursive: true });
    const journal = join(storage, 'journal.jsonl');
    if (existsSync(journal)) this.load(journal);
    this.journal = openSync(journal, 'a');
  }

  close(): void {
    if (this.journal !== undefined) closeSync(this.journal);
    this.journal = undefined;
  }

  createBucket(name: string): void {
    if (this.buckets.has(name)) return;
    this.buckets.set(name, { name, created: this.now(), objects: new KeyIndex(), uploads: new Map() });
    this.note({ bucket: name });
  }

  bucket(name: string): Bucket {
    const bucket = this.buckets.get(name);
    if (bucket === undefined) throw new S3Error('NoSuchBucket');
    return bucket;
  }

  object(bucket: string, key: string): StoredObject {
    const object = this.bucket(bucket).objects.get(key);
    if (object === undefined) throw new S3Error('NoSuchKey');
    return object;
  }

  /** Makes `object` the object under `key`, at once and whole. */
  put(bucket: Bucket, key: string, object: StoredObject): void {
    const before = bucket.objects.get(key);
    this.content.retain(object.content);
    bucket.objects.set(key, object);
    if (this.journal !== undefined) this.note({ bucket: bucket.name, key, object: this.encode(object) });
    if (before !== undefined) this.content.release(before.content);
  }

  delete(bucket: Bucket, key: string): void {
    const before = bucket.objects.get(key);
    if (before === undefined) return;
    bucket.objects.delete(key);
    this.note({ bucket: bucket.name, key });
    this.content.release(before.content);
  }

  private note(line: JournalLine): void {
    if (this.journal !== undefined) writeSync(this.journal, `${JSON.stringify(line)}\n`);
  }

  private encode({ content, lastModified, ...rest }: StoredObject): NonNullable<JournalLine['object']> {
    const files = content.segments.flatMap((segment) =>
      'file' in segment ? [[segment.file.name, segment.offset, segment.length] as const] : [],
    );
    return { ...rest, lastModified: lastModified.toISOString(), files };
  }

  private load(journal: string): void {
    const files = new Map<string, { name: string; uses: number }>();
    const fileOf = (name: string) => {
      const file = files.get(name) ?? { name, uses: 0 };
      files.set(name, file);
      return file;
    };
    const live = new Map<string, JournalLine>();
    for (const text of readFileSync(journal, 'utf8')
      .split('\n')
      .filter((line) => line.endsWith('}'))) {
      const line = JSON.parse(text) as JournalLine;
      live.set(JSON.stringify([line.bucket, line.key]), line);
    }
    for (const { bucket, key, object } of live.values()) {
      if (key === undefined)
        this.buckets.set(bucket, { name: bucket, created: this.now(), objects: new KeyIndex(), uploads: new Map() });
      else if (object !== undefined) {
        const { files: segments, lastModified, restore, ...rest } = object;
        const content = contentOf(segments.map(([name, offset, length]) => ({ file: fileOf(name), offset, length })));
        this.content.retain(content);
        this.bucket(bucket).objects.set(key, {
          ...rest,
          content,
          lastModified: new Date(lastModified),
          ...(restore && { restore: { ...restore, expiry: new Date(restore.expiry) } }),
        });
      }
    }
  }
}
