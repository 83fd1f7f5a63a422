import { randomUUID } from 'node:crypto';
import {
  closeSync,
  createReadStream,
  mkdirSync,
  openSync,
  readFileSync,
  readSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';

/** A file shared by all contents that have a part of it; gone with the last of them. */
interface SharedFile {
  readonly name: string;
  uses: number;
}

export type Segment =
  { readonly bytes: Buffer } | { readonly file: SharedFile; readonly offset: number; readonly length: number };

const lengthOf = (segment: Segment): number => ('bytes' in segment ? segment.bytes.length : segment.length);

/** Bytes of an object: immutable pieces in memory or in files, shared and never copied. */
export interface Content {
  readonly size: number;
  readonly segments: readonly Segment[];
}

export const contentOf = (segments: readonly Segment[]): Content => ({
  segments,
  size: segments.reduce((sum, segment) => sum + lengthOf(segment), 0),
});

/** Bodies up to this size are read and written at one go. */
const SMALL_BYTES = 256 * 1024;

export interface ContentWriter {
  write(chunk: Buffer): Promise<void> | undefined;
  finish(): Promise<Content>;
  discard(): Promise<void>;
}

class BufferWriter implements ContentWriter {
  private readonly chunks: Buffer[] = [];

  write(chunk: Buffer): undefined {
    this.chunks.push(chunk);
  }

  finish(): Promise<Content> {
    const whole = this.chunks.length === 1 ? this.chunks : [Buffer.concat(this.chunks)];
    return Promise.resolve(contentOf(whole.map((bytes) => ({ bytes }))));
  }

  discard(): Promise<void> {
    this.chunks.length = 0;
    return Promise.resolve();
  }
}

class SmallFileWriter extends BufferWriter {
  constructor(private readonly folder: string) {
    super();
  }

  override async finish(): Promise<Content> {
    const { segments, size } = await super.finish();
    if (size === 0) return contentOf([]);
    const name = randomUUID();
    writeFileSync(
      join(this.folder, name),
      Buffer.concat(segments.map((segment) => ('bytes' in segment ? segment.bytes : Buffer.alloc(0)))),
    );
    return contentOf([{ file: { name, uses: 0 }, offset: 0, length: size }]);
  }
}

class FileWriter implements ContentWriter {
  private readonly name = randomUUID();
  private handle: FileHandle | undefined;
  private length = 0;

  constructor(private readonly folder: string) {}

  async write(chunk: Buffer): Promise<void> {
    this.handle ??= await open(join(this.folder, this.name), 'wx');
    await this.handle.writeFile(chunk);
    this.length += chunk.length;
  }

  async finish(): Promise<Content> {
    await this.handle?.close();
    return contentOf(this.length === 0 ? [] : [{ file: { name: this.name, uses: 0 }, offset: 0, length: this.length }]);
  }

  async discard(): Promise<void> {
    if (this.handle === undefined) return;
    await this.handle.close();
    unlinkSync(join(this.folder, this.name));
  }
}

/** Where contents live: memory, or files with made-up names in a folder, so that no key is odd to it. */
export class ContentStore {
  private readonly folder: string | undefined;

  constructor(storage: string) {
    if (storage === 'memory') return;
    this.folder = join(storage, 'content');
    mkdirSync(this.folder, { recursive: true });
  }

  get inMemory(): boolean {
    return this.folder === undefined;
  }

  writer(expectedBytes: number): ContentWriter {
    if (this.folder === undefined) return new BufferWriter();
    return expectedBytes <= SMALL_BYTES ? new SmallFileWriter(this.folder) : new FileWriter(this.folder);
  }

  /** Counts one more owner. */
  retain(content: Content): void {
    for (const segment of content.segments) if ('file' in segment) segment.file.uses++;
  }

  release(content: Content): void {
    for (const segment of content.segments)
      if ('file' in segment && --segment.file.uses === 0) unlinkSync(join(this.folder ?? '', segment.file.name));
  }

  /** Bytes `start` to `end`, both included, sharing what they are made of. */
  slice(content: Content, start: number, end: number): Content {
    const segments: Segment[] = [];
    let position = 0;
    for (const segment of content.segments) {
      const length = lengthOf(segment);
      const from = Math.max(start - position, 0);
      const to = Math.min(end + 1 - position, length);
      if (from < to)
        segments.push(
          'bytes' in segment
            ? { bytes: segment.bytes.subarray(from, to) }
            : { file: segment.file, offset: segment.offset + from, length: to - from },
        );
      position += length;
    }
    return contentOf(segments);
  }

  /** All bytes at once when they are few or in memory, else a stream that reads them as it is pulled. */
  read(content: Content): Buffer | Readable {
    const { segments, size } = content;
    if (segments.length === 0) return Buffer.alloc(0);
    const [only] = segments;
    if (segments.length === 1 && only !== undefined && 'bytes' in only) return only.bytes;
    if (size <= SMALL_BYTES) return Buffer.concat(segments.map((segment) => this.bytesOf(segment)));
    this.retain(content); // from now on, not only from the first pull: the object may be replaced in between
    const body = Readable.from(this.stream(content), { objectMode: false, highWaterMark: 1 << 20 });
    return body.once('close', () => this.release(content));
  }

  async readAll(content: Content): Promise<Buffer> {
    const body = this.read(content);
    if (Buffer.isBuffer(body)) return body;
    const chunks: Buffer[] = [];
    for await (const chunk of body) chunks.push(Buffer.from(chunk as Uint8Array));
    return Buffer.concat(chunks);
  }

  /** Frees a content that never found an owner. */
  drop(content: Content): void {
    this.retain(content);
    this.release(content);
  }

  private async *stream(content: Content): AsyncGenerator<Buffer> {
    for (const segment of content.segments)
      if ('bytes' in segment) yield segment.bytes;
      else
        for await (const chunk of createReadStream(join(this.folder ?? '', segment.file.name), {
          start: segment.offset,
          end: segment.offset + segment.length - 1,
          highWaterMark: 512 * 1024,
        }))
          yield chunk as Buffer;
  }

  private bytesOf(segment: Segment): Buffer {
    if ('bytes' in segment) return segment.bytes;
    const path = join(this.folder ?? '', segment.file.name);
    if (segment.offset === 0 && segment.length > SMALL_BYTES / 2) return readFileSync(path).subarray(0, segment.length);
    const bytes = Buffer.alloc(segment.length);
    const descriptor = openSync(path, 'r');
    try {
      readSync(descriptor, bytes, 0, segment.length, segment.offset);
    } finally {
      closeSync(descriptor);
    }
    return bytes;
  }
}
