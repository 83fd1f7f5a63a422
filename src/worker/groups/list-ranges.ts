import type { SourceStore } from '../../object-store/object-store.port.js';
import type { GroupPiece } from '../../tasks/task.settings.js';
import { ListFileError } from '../../transfer/migration/list-file-error.js';
import { assertListFile } from '../../transfer/migration/list-file-pages.js';
import { ListFileReader, type ListReading } from '../../transfer/migration/list-file-reader.js';
import { listFilesOf } from '../../transfer/migration/list-files.js';

export type ListRange = Extract<GroupPiece, { kind: 'list-range' }>;

/** Behind which byte of which file it goes on. */
export interface ListCursor {
  readonly key: string;
  readonly etag: string | null;
  readonly offset: number;
}

export interface ListRangeOptions {
  /** Of one range at most. */
  readonly lines: number;
  readonly reading: ListReading;
}

/**
 * Cuts the list files that a group names, from `cursor` on, into ranges of whole lines: each line is in one range. Files are
 * read piece by piece as ranges are pulled. Rejects with a `ListFileError`, or the reason of the signal.
 */
export async function* listRanges(
  store: SourceStore,
  key: string,
  cursor: ListCursor | undefined,
  options: ListRangeOptions,
  signal: AbortSignal,
): AsyncGenerator<ListRange, void, undefined> {
  let files = 0;
  for await (const file of listFilesOf(store, key).from(cursor?.key, signal)) {
    files++;
    const from = cursor?.key === file.key ? cursor : undefined;
    const reader = await ListFileReader.open(store, file.key, from?.etag ?? file.etag, options.reading, signal);
    assertListFile(reader.info);
    yield* rangesOf(reader, from?.offset ?? 0, options.lines, signal);
  }
  if (files === 0) throw new ListFileError('missing', key);
}

async function* rangesOf(
  reader: ListFileReader,
  from: number,
  maxLines: number,
  signal: AbortSignal,
): AsyncGenerator<ListRange, void, undefined> {
  const { key, size, etag = null } = reader.info;
  let start = from;
  let objects = 0;
  for await (const lines of reader.lines(from, undefined, signal))
    for (const line of lines) {
      if (objects === maxLines) {
        yield { kind: 'list-range', key, etag, start, end: line.start, objects };
        start = line.start;
        objects = 0;
      }
      objects++;
    }
  if (objects > 0) yield { kind: 'list-range', key, etag, start, end: size, objects };
}
