import { constants, existsSync } from 'node:fs';
import { lstat, mkdir, open, realpath, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { StoreError } from '../object-store.port.js';
import { codeOf } from './local-errors.js';

const { O_RDONLY, O_DIRECTORY, O_NOFOLLOW } = constants;

/** Linux names an open folder by its descriptor: what is opened under that name cannot be led elsewhere by a rename. */
const DESCRIPTORS = existsSync('/proc/self/fd') ? '/proc/self/fd' : undefined;

/** A folder held open, so that its children are reached without walking its path again. */
export class OpenFolder {
  private constructor(
    private readonly handle: FileHandle,
    private readonly path: string,
  ) {}

  /** Opens a folder whose last segment is no symbolic link. */
  static async open(path: string): Promise<OpenFolder> {
    const handle = await open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
    return new OpenFolder(handle, path);
  }

  /** How to name a child in a call to the system. `name` is a single segment. */
  child(name: string): string {
    return join(this.self, name);
  }

  /** How to name the folder itself. */
  get self(): string {
    return DESCRIPTORS === undefined ? this.path : `${DESCRIPTORS}/${this.handle.fd}`;
  }

  /** Opens a sub-folder. Rejects with `invalid` when it is a symbolic link, ENOTDIR when it is a file. */
  async enter(name: string): Promise<OpenFolder> {
    let handle: FileHandle;
    try {
      handle = await open(this.child(name), O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
    } catch (error) {
      throw await this.explained(error, name);
    }
    const folder = new OpenFolder(handle, join(this.path, name));
    if (DESCRIPTORS === undefined && (await realpath(folder.path)) !== folder.path) {
      await folder.close();
      throw symbolicLink(name);
    }
    return folder;
  }

  /** Opens a sub-folder, made if it is missing. */
  async enterOrMake(name: string): Promise<OpenFolder> {
    try {
      await mkdir(this.child(name));
      await this.sync();
    } catch (error) {
      if (codeOf(error) !== 'EEXIST') throw error;
    }
    return this.enter(name);
  }

  /** Makes the names in the folder survive a power cut. */
  async sync(): Promise<void> {
    await this.handle.sync();
  }

  async close(): Promise<void> {
    await this.handle.close();
  }

  /** Linux says ENOTDIR for a link where a folder is asked for. */
  private async explained(error: unknown, name: string): Promise<unknown> {
    const code = codeOf(error);
    if (code === 'ELOOP') return symbolicLink(name);
    if (code !== 'ENOTDIR') return error;
    const isLink = await lstat(this.child(name)).then(
      (stats) => stats.isSymbolicLink(),
      () => false,
    );
    return isLink ? symbolicLink(name) : error;
  }
}

export const symbolicLink = (name: string) =>
  new StoreError('invalid', `${JSON.stringify(name)} is a symbolic link, which is not followed`, {
    backendCode: 'ELOOP',
  });
