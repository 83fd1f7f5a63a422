import type { SourceStore } from '../../object-store/object-store.port.js';
import { ListFileError, listFileError } from './list-file-error.js';

/** One of the files that say what to migrate. */
export interface ListFile {
  readonly key: string;
  /** The file must have this one, where it is known. */
  readonly etag?: string | null;
  /** Only its bytes from `start` up to, not including, `end`. */
  readonly start?: number;
  readonly end?: number;
}

/** The files that say what to migrate, in a fixed order. */
export interface ListFiles {
  /** Key of the file, or what the keys of the files begin with. */
  readonly name: string;
  /** All of them, or those from the file `key` on, that one included. */
  from(key: string | undefined, signal: AbortSignal): AsyncIterable<ListFile>;
}

/** One file, or a piece of it. */
export const oneListFile = (file: ListFile): ListFiles => ({
  name: file.key,
  async *from() {
    yield await Promise.resolve(file);
  },
});

const isTextFile = (key: string): boolean => key.toLowerCase().endsWith('.txt');

/** The files under a prefix whose keys are accepted, those ending in `.txt` unless told otherwise; in the order of their keys. */
export const listFilesUnder = (
  store: SourceStore,
  prefix: string,
  accepts: (key: string) => boolean = isTextFile,
): ListFiles => ({
  name: prefix,
  async *from(first, signal) {
    if (first !== undefined) yield { key: first };
    try {
      for await (const page of store.listPages(prefix, first, signal))
        for (const { key } of page) if (accepts(key)) yield { key };
    } catch (error) {
      signal.throwIfAborted();
      throw listFileError(prefix, error);
    }
  },
});

/**
 * What a task names: one .txt file, or with a slash at the end all .txt files under it. Throws a `ListFileError` for a key that
 * is neither.
 */
export function listFilesOf(store: SourceStore, key: string): ListFiles {
  if (key.endsWith('/')) return listFilesUnder(store, key);
  if (!isTextFile(key)) throw new ListFileError('wrong-name', key);
  return oneListFile({ key });
}
