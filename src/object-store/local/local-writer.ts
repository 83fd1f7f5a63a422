import { createHash } from 'node:crypto';
import { constants, type BigIntStats } from 'node:fs';
import { lstat, open, readdir, rename, unlink, type FileHandle } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { randomId } from '../../kernel/ids.js';
import { exactBody } from '../exact-body.js';
import { StoreError, type PutOptions } from '../object-store.port.js';
import { codeOf } from './local-errors.js';
import { WORK_FOLDER } from './local-key.js';
import { symbolicLink, type OpenFolder } from './open-folder.js';

const { O_CREAT, O_EXCL, O_NOFOLLOW, O_WRONLY } = constants;
const STALE_MS = 24 * 3600_000;
const ATTEMPTS = 5;

const conflict = (key: string, why: string) =>
  new StoreError('invalid', `The key ${JSON.stringify(key)} cannot be a file here: ${why}`);

const writeBody = async (
  file: FileHandle,
  body: Buffer | Readable,
  { size, md5 }: PutOptions,
  signal: AbortSignal,
): Promise<void> => {
  const hash = md5 === undefined ? undefined : createHash('md5');
  for await (const chunk of exactBody(body, size, signal)) {
    hash?.update(chunk);
    for (let at = 0; at < chunk.length;) at += (await file.write(chunk, at)).bytesWritten;
  }
  if (hash !== undefined && hash.digest('hex') !== md5)
    throw new StoreError('checksum', 'The MD5 of what arrived is another one');
  await file.sync();
  // Whoever gave this up may have written anew meanwhile, and put the body's memory to another use.
  signal.throwIfAborted();
};

/** Writes a file as a whole: into the work folder first, then by rename under its name. */
export class LocalWriter {
  constructor(private readonly bucket: OpenFolder) {}

  /** Answers what the file system says of the finished file. */
  async write(
    key: string,
    segments: readonly [string, ...string[]],
    body: Buffer | Readable,
    options: PutOptions,
    signal: AbortSignal,
  ): Promise<BigIntStats> {
    await this.checkFree(key, segments);
    const work = await this.bucket.enterOrMake(WORK_FOLDER);
    const temporary = work.child(randomId());
    try {
      const file = await open(temporary, O_CREAT | O_EXCL | O_WRONLY | O_NOFOLLOW, 0o644);
      try {
        await writeBody(file, body, options, signal);
        await this.publish(temporary, key, segments);
        return await file.stat({ bigint: true });
      } catch (error) {
        await unlink(temporary).catch(() => undefined);
        throw error;
      } finally {
        await file.close();
      }
    } finally {
      await work.close();
    }
  }

  /** Removes what a crash left behind a day ago or earlier. */
  async removeStale(nowMs: number): Promise<void> {
    let work: OpenFolder;
    try {
      work = await this.bucket.enter(WORK_FOLDER);
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return;
      throw error;
    }
    try {
      for (const name of await readdir(work.self)) {
        const stats = await lstat(work.child(name)).catch(() => undefined);
        if (stats?.isFile() === true && nowMs - stats.mtimeMs > STALE_MS)
          await unlink(work.child(name)).catch(() => undefined);
      }
    } finally {
      await work.close();
    }
  }

  /** Fails before the body is read where it would fail after. */
  private async checkFree(key: string, segments: readonly [string, ...string[]]): Promise<void> {
    try {
      await this.inParent(key, segments, false, (parent, name) => this.checkTarget(key, parent, name));
    } catch (error) {
      if (codeOf(error) !== 'ENOENT' || error instanceof StoreError) throw error;
    }
  }

  private async checkTarget(key: string, parent: OpenFolder, name: string): Promise<void> {
    const stats = await lstat(parent.child(name)).catch((error: unknown) => {
      if (codeOf(error) === 'ENOENT') return undefined;
      throw error;
    });
    if (stats?.isDirectory() === true) throw conflict(key, 'there is a folder of this name');
    if (stats?.isSymbolicLink() === true) throw symbolicLink(name);
  }

  /** A folder that a delete takes away as empty is made again, a few times. */
  private async publish(temporary: string, key: string, segments: readonly [string, ...string[]]): Promise<void> {
    for (let attempt = 1; ; attempt++)
      try {
        await this.inParent(key, segments, true, async (parent, name) => {
          await this.checkTarget(key, parent, name);
          await rename(temporary, parent.child(name));
          await parent.sync();
        });
        return;
      } catch (error) {
        if (codeOf(error) === 'EISDIR') throw conflict(key, 'there is a folder of this name');
        if (codeOf(error) !== 'ENOENT' || attempt === ATTEMPTS) throw error;
      }
  }

  private async inParent(
    key: string,
    segments: readonly [string, ...string[]],
    make: boolean,
    work: (parent: OpenFolder, name: string) => Promise<void>,
  ): Promise<void> {
    let folder = this.bucket;
    try {
      for (const segment of segments.slice(0, -1)) {
        const inner = make ? await folder.enterOrMake(segment) : await folder.enter(segment);
        if (folder !== this.bucket) await folder.close();
        folder = inner;
      }
      await work(folder, segments.at(-1) ?? '');
    } catch (error) {
      if (codeOf(error) === 'ENOTDIR') throw conflict(key, 'a part of it is the name of a file');
      throw error;
    } finally {
      if (folder !== this.bucket) await folder.close();
    }
  }
}
