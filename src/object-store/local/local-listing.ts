import { lstat, readdir } from 'node:fs/promises';
import { PAGE_OBJECTS } from '../listing-pages.js';
import type { ListedObject } from '../object-store.port.js';
import { codeOf } from './local-errors.js';
import { listedFile } from './local-file.js';
import { WORK_FOLDER } from './local-key.js';
import { OpenFolder } from './open-folder.js';

/** What a listing passed over, so that somebody can be told. */
export interface SkippedEntries {
  symbolicLinks: number;
  /** Names that are not UTF-8 and so no keys. */
  notUtf8: number;
  /** Sockets, pipes and devices. */
  special: number;
}

/** Names as one character per byte: `<` is then the order of the bytes, and an odd name stays what it is. */
type ByteName = string;

interface Entry {
  /** A folder's ends in a slash, which is how its keys compare. */
  readonly name: ByteName;
  readonly isFolder: boolean;
}

interface Level {
  readonly folder: OpenFolder;
  /** Of all keys in here, with its slash at the end. */
  readonly path: ByteName;
  readonly entries: readonly Entry[];
  next: number;
}

const STATS_AT_ONCE = 64;

const toBytes = (text: string): ByteName => Buffer.from(text, 'utf8').toString('latin1');
const fromBytes = (name: ByteName): string => Buffer.from(name, 'latin1').toString('utf8');
const byBytes = (a: Entry, b: Entry): number => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0);

/** Walks a bucket in the order of its keys' UTF-8 bytes, with one folder per level of depth in memory. */
export class LocalListing {
  private readonly prefix: ByteName;
  private readonly after: ByteName | undefined;
  private readonly levels: Level[] = [];

  constructor(
    prefix: string,
    after: string | undefined,
    private readonly skipped: SkippedEntries,
  ) {
    this.prefix = toBytes(prefix);
    this.after = after === undefined ? undefined : toBytes(after);
  }

  /** Takes over `bucket` and closes it at the end. */
  async *pages(bucket: OpenFolder, signal: AbortSignal): AsyncGenerator<readonly ListedObject[]> {
    let page: ListedObject[] = [];
    for await (const files of this.walk(bucket, signal)) {
      if (page.length + files.length > PAGE_OBJECTS) {
        yield page;
        page = [];
      }
      page.push(...files);
    }
    if (page.length > 0) yield page;
  }

  private async *walk(bucket: OpenFolder, signal: AbortSignal): AsyncGenerator<readonly ListedObject[]> {
    try {
      this.levels.push(await this.level(bucket, ''));
      for (let level = this.levels.at(-1); level !== undefined; level = this.levels.at(-1)) {
        signal.throwIfAborted();
        const entry = level.entries[level.next];
        if (entry === undefined) {
          this.levels.pop();
          await level.folder.close();
        } else if (entry.isFolder) {
          level.next++;
          await this.descend(level, entry);
        } else yield await this.files(level);
      }
    } finally {
      if (this.levels.length === 0) await bucket.close().catch(() => undefined);
      for (const { folder } of this.levels.splice(0)) await folder.close();
    }
  }

  private async descend(level: Level, { name }: Entry): Promise<void> {
    let folder: OpenFolder;
    try {
      folder = await level.folder.enter(fromBytes(name.slice(0, -1)));
    } catch (error) {
      if (codeOf(error) === 'ENOENT' || codeOf(error) === 'ENOTDIR') return; // gone since its parent was read
      throw error;
    }
    try {
      this.levels.push(await this.level(folder, level.path + name));
    } catch (error) {
      await folder.close();
      throw error;
    }
  }

  /** The files up to the next folder, some at a time. */
  private async files(level: Level): Promise<ListedObject[]> {
    const names: ByteName[] = [];
    for (let entry = level.entries[level.next]; entry && !entry.isFolder && names.length < STATS_AT_ONCE;) {
      names.push(entry.name);
      entry = level.entries[++level.next];
    }
    const found = await Promise.all(names.map((name) => this.file(level, name)));
    return found.filter((file) => file !== undefined);
  }

  private async file({ folder, path }: Level, name: ByteName): Promise<ListedObject | undefined> {
    try {
      const stats = await lstat(folder.child(fromBytes(name)), { bigint: true });
      return stats.isFile() ? listedFile(fromBytes(path + name), stats) : undefined;
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return undefined; // gone since its folder was read
      throw error;
    }
  }

  private async level(folder: OpenFolder, path: ByteName): Promise<Level> {
    const entries: Entry[] = [];
    for (const entry of await readdir(folder.self, { encoding: 'latin1', withFileTypes: true })) {
      if (path === '' && entry.name === WORK_FOLDER) continue;
      const isFolder = entry.isDirectory();
      const name = isFolder ? `${entry.name}/` : entry.name;
      if (!this.wanted(path + name, isFolder)) continue;
      if (entry.isSymbolicLink()) this.skipped.symbolicLinks++;
      else if (!isFolder && !entry.isFile()) this.skipped.special++;
      else if (toBytes(fromBytes(name)) !== name) this.skipped.notUtf8++;
      else entries.push({ name, isFolder });
    }
    return { folder, path, entries: entries.sort(byBytes), next: 0 };
  }

  private wanted(path: ByteName, isFolder: boolean): boolean {
    const { prefix, after } = this;
    if (!path.startsWith(prefix) && !(isFolder && prefix.startsWith(path))) return false;
    return after === undefined || path > after || (isFolder && after.startsWith(path));
  }
}
