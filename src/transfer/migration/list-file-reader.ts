import type { RetryPolicy } from '../../kernel/retry.js';
import { type ObjectInfo, type SourceStore, StoreError } from '../../object-store/object-store.port.js';
import { type Pacing, retrying } from '../../object-store/retrying.js';
import { collect } from '../relay-body.js';
import { discard } from '../../object-store/opened-object.js';
import { ListFileError, listFileError } from './list-file-error.js';

const MAX_LINE_CHARACTERS = 65_535;
/** No character takes more than four bytes; and a line end. */
const MAX_LINE_BYTES = MAX_LINE_CHARACTERS * 4 + 2;
/** What is read at once, always much more than a line. */
const CHUNK_BYTES = 1024 * 1024;
const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;
const BYTE_ORDER_MARK = 0xfeff;

/** What is read for the list is no object that moves. */
const uncounted = { moved: (): void => undefined };

/** A line that is not empty, without its line end. */
export interface ListLine {
  readonly text: string;
  /** Byte of the file at which it begins. */
  readonly start: number;
}

export interface ListReading {
  readonly retry: RetryPolicy;
  readonly pacing?: Pacing;
}

/**
 * Reads the lines of a text file in a store: piece by piece, so that neither its size counts nor how long the reader takes, and
 * always of the same version. Fails with a `ListFileError`.
 */
export class ListFileReader {
  private constructor(
    private readonly store: SourceStore,
    readonly info: ObjectInfo,
    private readonly reading: ListReading,
  ) {}

  /** With an `etag` the file must still have that one. */
  static async open(
    store: SourceStore,
    key: string,
    etag: string | null | undefined,
    reading: ListReading,
    signal: AbortSignal,
  ): Promise<ListFileReader> {
    const info = await store.head(key, signal).catch((error: unknown) => {
      throw listFileError(key, error);
    });
    if (typeof etag === 'string' && info.etag !== undefined && info.etag !== etag)
      throw new ListFileError('changed', key);
    return new ListFileReader(store, info, reading);
  }

  /** Lines from byte `from` up to, not including, byte `to`; both are where a line begins. Pulled, one piece after the other. */
  async *lines(from: number, to: number | undefined, signal: AbortSignal): AsyncGenerator<Iterable<ListLine>> {
    const end = Math.min(to ?? Infinity, this.info.size);
    for (let at = from; at < end;) {
      const chunk = await this.chunk(at, Math.min(at + CHUNK_BYTES, end), signal);
      const isLast = at + chunk.length >= end;
      const length = isLast ? chunk.length : chunk.lastIndexOf(LINE_FEED) + 1;
      if (length === 0) throw this.lineTooLong();
      yield this.linesOf(chunk.subarray(0, length), at);
      at += length;
    }
  }

  private *linesOf(chunk: Buffer, start: number): Generator<ListLine> {
    for (let at = 0; at < chunk.length;) {
      const feed = chunk.indexOf(LINE_FEED, at);
      const next = feed < 0 ? chunk.length : feed + 1;
      let end = feed < 0 ? chunk.length : feed;
      if (end > at && chunk[end - 1] === CARRIAGE_RETURN) end--;
      if (end > at) {
        const text = this.textOf(chunk.subarray(at, end), start + at === 0);
        if (text !== '') yield { text, start: start + at };
      }
      at = next;
    }
  }

  private textOf(bytes: Buffer, isFirst: boolean): string {
    if (bytes.length > MAX_LINE_BYTES) throw this.lineTooLong();
    const text = bytes.toString('utf8');
    if (text.length > MAX_LINE_CHARACTERS) throw this.lineTooLong();
    return isFirst && text.charCodeAt(0) === BYTE_ORDER_MARK ? text.slice(1) : text;
  }

  /** Bytes from `start` up to, not including, `end`. */
  private async chunk(start: number, end: number, signal: AbortSignal): Promise<Buffer> {
    const { store, info, reading } = this;
    const version = info.etag === undefined ? {} : { ifMatch: info.etag };
    try {
      const read = async (): Promise<Buffer> => {
        const opened = await store.open(info.key, { range: { start, end: end - 1 }, ...version }, signal);
        if (opened.info.size === info.size && opened.info.lastModifiedMs === info.lastModifiedMs)
          return await collect(opened.body, end - start, uncounted);
        discard(opened);
        throw new StoreError('changed', 'The file is another one by now');
      };
      return await retrying(reading.retry, signal, read, undefined, reading.pacing);
    } catch (error) {
      signal.throwIfAborted();
      throw listFileError(info.key, error);
    }
  }

  private lineTooLong(): ListFileError {
    return new ListFileError('line-too-long', this.info.key);
  }
}
