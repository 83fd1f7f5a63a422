import { createHash } from 'node:crypto';
import type { State, StoredObject } from './state.js';

export interface Seed {
  readonly contentType?: string;
  /** Further headers as they would be stored, such as `x-amz-meta-a`. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly storageClass?: string;
  readonly tags?: Readonly<Record<string, string>>;
  readonly lastModified?: Date;
}

/** An object as it is stored. */
export interface SeenObject {
  readonly key: string;
  readonly size: number;
  readonly etag: string;
  readonly lastModified: Date;
  readonly storageClass: string;
  readonly encryption: string | undefined;
  /** content-type, cache-control and the like, and x-amz-meta-*; values as raw bytes in Latin-1. */
  readonly headers: Readonly<Record<string, string>>;
  readonly tags: Readonly<Record<string, string>>;
  content(): Promise<Buffer>;
}

/** Looks at and changes what is stored without a request. */
export abstract class Inspector {
  protected constructor(
    readonly state: State,
    private readonly clock: () => Date,
  ) {}

  /** All objects of a bucket in key order. */
  objects(bucket: string): SeenObject[] {
    const { objects } = this.state.bucket(bucket);
    return objects.keys().map((key) => this.seen(key, this.state.object(bucket, key)));
  }

  object(bucket: string, key: string): SeenObject | undefined {
    const object = this.state.bucket(bucket).objects.get(key);
    return object && this.seen(key, object);
  }

  /** Uploads begun and neither completed nor aborted. */
  uploads(bucket: string): { readonly key: string; readonly uploadId: string; readonly parts: readonly number[] }[] {
    return [...this.state.bucket(bucket).uploads.values()].map(({ key, id, parts }) => ({
      key,
      uploadId: id,
      parts: [...parts.keys()].sort((a, b) => a - b),
    }));
  }

  createBucket(bucket: string): void {
    this.state.createBucket(bucket);
  }

  async seed(bucket: string, key: string, content: Buffer | string, seed: Seed = {}): Promise<void> {
    const bytes = Buffer.from(content);
    const writer = this.state.content.writer(bytes.length);
    await writer.write(bytes);
    this.state.put(this.state.bucket(bucket), key, {
      content: await writer.finish(),
      etag: createHash('md5').update(bytes).digest('hex'),
      headers: { 'content-type': seed.contentType ?? 'binary/octet-stream', ...seed.headers },
      storageClass: seed.storageClass ?? 'STANDARD',
      tags: seed.tags ?? {},
      lastModified: seed.lastModified ?? this.clock(),
    });
  }

  remove(bucket: string, key: string): void {
    this.state.delete(this.state.bucket(bucket), key);
  }

  setLastModified(bucket: string, key: string, lastModified: Date): void {
    this.state.put(this.state.bucket(bucket), key, { ...this.state.object(bucket, key), lastModified });
  }

  /** Restores asked for so far are done; answers how many. */
  finishRestores(bucket: string): number {
    const { objects } = this.state.bucket(bucket);
    let finished = 0;
    for (const key of objects.keys()) {
      const object = this.state.object(bucket, key);
      if (object.restore?.state !== 'ongoing') continue;
      this.state.put(this.state.bucket(bucket), key, { ...object, restore: { ...object.restore, state: 'done' } });
      finished++;
    }
    return finished;
  }

  /** Replaces an object by another one of the same size, as somebody else's write would. */
  change(bucket: string, key: string): void {
    const object = this.state.object(bucket, key);
    const content = Buffer.alloc(object.content.size, 'changed ');
    this.state.put(this.state.bucket(bucket), key, {
      ...object,
      content: { size: content.length, segments: [{ bytes: content }] },
      etag: createHash('md5').update(content).digest('hex'),
      lastModified: this.clock(),
    });
  }

  private seen(key: string, object: StoredObject): SeenObject {
    const { content, etag, lastModified, storageClass, headers, tags, encryption } = object;
    const read = () => this.state.content.readAll(content);
    return { key, size: content.size, etag, lastModified, storageClass, encryption, headers, tags, content: read };
  }
}
