import { constants } from 'node:fs';
import { lstat, open, realpath, rmdir, unlink } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { Readable } from 'node:stream';
import { SystemClock, type Clock } from '../../kernel/clock.js';
import { objectsOf } from '../listing-pages.js';
import {
  StoreError,
  type DestinationStore,
  type ListedObject,
  type ObjectInfo,
  type OpenedObject,
  type OpenOptions,
  type PutOptions,
  type PutResult,
  type StoreTraits,
} from '../object-store.port.js';
import { codeOf, toStoreError } from './local-errors.js';
import { bodyOfFile, infoOfFile } from './local-file.js';
import { segmentsOf } from './local-key.js';
import { LocalListing, type SkippedEntries } from './local-listing.js';
import { LocalWriter } from './local-writer.js';
import { OpenFolder, symbolicLink } from './open-folder.js';

const { O_NOFOLLOW, O_NONBLOCK, O_RDONLY } = constants;

export interface LocalStoreOptions {
  /** An absolute folder that the operator opened for this; may itself be a symbolic link. */
  readonly root: string;
  /** The name of a sub-folder of `root`. */
  readonly bucket: string;
  readonly clock?: Clock;
}

const notFound = (key: string, cause?: unknown) =>
  new StoreError('not-found', `There is no file ${JSON.stringify(key)}`, { backendCode: 'ENOENT', cause });

/**
 * A bucket that is a folder, on this machine or mounted. Keys are relative paths; those that cannot be are refused with
 * `invalid`. Symbolic links are never followed, neither in keys nor in listings, so nothing outside the bucket is
 * reached. A put takes a stream of any size, so there is no multipart.
 */
export class LocalStore implements DestinationStore {
  readonly label: string;
  readonly traits: StoreTraits = {
    listsInKeyOrder: true,
    keepsMetadata: false,
    checksum: 'none',
    maxPutBytes: Infinity,
    takesUnknownSizes: true,
  };
  readonly endpointIdentity: string;
  readonly bucket: string;
  /** Counted over all listings. */
  readonly skipped: SkippedEntries = { symbolicLinks: 0, notUtf8: 0, special: 0 };
  private readonly root: string;
  private readonly clock: Clock;
  private swept: Promise<void> | undefined;

  constructor({ root, bucket, clock = new SystemClock() }: LocalStoreOptions) {
    this.root = resolve(root);
    this.bucket = bucket;
    this.clock = clock;
    this.label = `local://${bucket} in ${this.root}`;
    this.endpointIdentity = `local:${this.root}`;
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
    try {
      yield* new LocalListing(prefix, after, this.skipped).pages(await this.openBucket(), signal);
    } catch (error) {
      throw toStoreError(error, `Cannot list ${this.label}`);
    }
  }

  head(key: string, signal: AbortSignal): Promise<ObjectInfo> {
    return this.reading(key, signal, async (parent, name) => {
      const stats = await lstat(parent.child(name), { bigint: true });
      if (stats.isSymbolicLink()) throw symbolicLink(name);
      if (!stats.isFile()) throw notFound(key);
      return infoOfFile(key, stats);
    });
  }

  open(key: string, { range, ifMatch }: OpenOptions, signal: AbortSignal): Promise<OpenedObject> {
    return this.reading(key, signal, async (parent, name) => {
      // Without O_NONBLOCK a named pipe would keep us waiting for its writer.
      const file = await open(parent.child(name), O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
      try {
        const stats = await file.stat({ bigint: true });
        if (!stats.isFile()) throw notFound(key);
        const info = infoOfFile(key, stats);
        if (ifMatch !== undefined && ifMatch !== info.etag)
          throw new StoreError('changed', `The file ${key} is another one by now`);
        const { start, end } = range ?? { start: 0, end: info.size - 1 };
        if (range !== undefined && (start >= info.size || end < start))
          throw new StoreError('invalid', `The file ${key} has no such range`);
        signal.throwIfAborted();
        return { info, body: bodyOfFile(file, info, { start, end: Math.min(end, info.size - 1) }, signal) };
      } catch (error) {
        await file.close();
        throw error;
      }
    });
  }

  async put(key: string, body: Buffer | Readable, options: PutOptions, signal: AbortSignal): Promise<PutResult> {
    let bucket: OpenFolder | undefined;
    try {
      signal.throwIfAborted();
      const segments = segmentsOf(key);
      bucket = await this.openBucket();
      const writer = new LocalWriter(bucket);
      await (this.swept ??= writer.removeStale(this.clock.now().getTime()));
      const { etag = '' } = infoOfFile(key, await writer.write(key, segments, body, options, signal));
      return { etag, ...(options.md5 !== undefined && { md5: options.md5 }) };
    } catch (error) {
      if (!Buffer.isBuffer(body)) body.destroy();
      throw toStoreError(error, `Cannot write ${key}`);
    } finally {
      await bucket?.close();
    }
  }

  async delete(key: string, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    const segments = segmentsOf(key);
    const bucket = await this.openBucket();
    try {
      await this.remove(bucket, segments);
    } catch (error) {
      const code = codeOf(error);
      if (code !== 'ENOENT' && code !== 'ENOTDIR') throw toStoreError(error, `Cannot delete ${key}`);
    } finally {
      await bucket.close();
    }
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  /** Folders left empty go too: an object store has no folders, and the name must be free for a file. */
  private async remove(folder: OpenFolder, [name = '', ...rest]: readonly string[]): Promise<void> {
    if (rest.length === 0) {
      const stats = await lstat(folder.child(name));
      if (stats.isSymbolicLink()) throw symbolicLink(name);
      if (!stats.isFile()) return;
      await unlink(folder.child(name));
      await folder.sync();
      return;
    }
    const inner = await folder.enter(name);
    try {
      await this.remove(inner, rest);
    } finally {
      await inner.close();
    }
    await rmdir(folder.child(name)).catch(() => undefined); // not empty, or another one's business by now
  }

  private async openBucket(): Promise<OpenFolder> {
    if (this.bucket === '' || this.bucket === '.' || this.bucket === '..' || /[/\0]/.test(this.bucket))
      throw new StoreError('no-such-bucket', `${JSON.stringify(this.bucket)} cannot be the name of a bucket`);
    try {
      return await OpenFolder.open(join(await realpath(this.root), this.bucket));
    } catch (error) {
      const code = codeOf(error) ?? '';
      if (!['ENOENT', 'ENOTDIR', 'ELOOP'].includes(code)) throw toStoreError(error, `Cannot open ${this.label}`);
      throw new StoreError('no-such-bucket', `There is no folder ${this.bucket} in ${this.root}`, {
        backendCode: code,
        cause: error,
      });
    }
  }

  private async reading<T>(
    key: string,
    signal: AbortSignal,
    read: (parent: OpenFolder, name: string) => Promise<T>,
  ): Promise<T> {
    signal.throwIfAborted();
    const segments = segmentsOf(key);
    let folder = await this.openBucket();
    try {
      for (const segment of segments.slice(0, -1)) {
        const inner = await folder.enter(segment);
        await folder.close();
        folder = inner;
      }
      return await read(folder, segments.at(-1) ?? '');
    } catch (error) {
      if (error instanceof StoreError) throw error;
      if (codeOf(error) === 'ELOOP') throw symbolicLink(key);
      if (codeOf(error) === 'ENOENT' || codeOf(error) === 'ENOTDIR') throw notFound(key, error);
      throw toStoreError(error, `Cannot read ${key}`);
    } finally {
      await folder.close();
    }
  }
}
