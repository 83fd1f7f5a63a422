import type { Readable } from 'node:stream';
import {
  compareKeys,
  type ListedObject,
  type ObjectInfo,
  type SourceStore,
} from '../../object-store/object-store.port.js';
import type { GroupPiece } from '../../tasks/task.settings.js';
import {
  blameListFile,
  lineTooLong,
  listFileChanged,
  noListFile,
  notAListFile,
  wrongContentType,
} from './plan-error.js';

const MAX_LIST_FILE_BYTES = 100 * 1024 * 1024;
const MAX_LINE_BYTES = 65_535;
const LINE_FEED = 10;
/** Anything above a blank makes a line one that counts. */
const BLANK = 32;

export type ListRange = Extract<GroupPiece, { kind: 'list-range' }>;

/** Behind which byte of which file it goes on. */
export interface ListCursor {
  readonly key: string;
  readonly etag: string | null;
  readonly offset: number;
}

/**
 * Cuts the lines of the list files, in the order of their keys and from `cursor` on, into ranges of whole lines with at most
 * `maxLines` that are not blank. `key` is one file, or with a `/` at its end all .txt files below. Files are streamed.
 * Rejects with a `PlanError`, or the reason of the signal.
 */
export async function* listRanges(
  store: SourceStore,
  key: string,
  cursor: ListCursor | undefined,
  maxLines: number,
  signal: AbortSignal,
): AsyncGenerator<ListRange, void, undefined> {
  let files = 0;
  for await (const file of listFiles(store, key, signal)) {
    files++;
    const order = cursor === undefined ? 1 : compareKeys(file.key, cursor.key);
    if (order < 0) continue;
    if (order === 0 && cursor !== undefined && (file.etag ?? null) !== cursor.etag) throw listFileChanged(file.key);
    yield* rangesOf(store, file, order === 0 && cursor !== undefined ? cursor.offset : 0, maxLines, signal);
  }
  if (files === 0) throw noListFile(key);
}

async function* listFiles(
  store: SourceStore,
  key: string,
  signal: AbortSignal,
): AsyncGenerator<ListedObject, void, undefined> {
  try {
    if (!key.endsWith('/')) yield await store.head(key, signal);
    else
      for await (const page of store.listPages(key, undefined, signal))
        for (const file of page) if (file.key.endsWith('.txt')) yield file;
  } catch (error) {
    throw blameListFile(key, error);
  }
}

async function* rangesOf(
  store: SourceStore,
  file: ListedObject,
  from: number,
  maxLines: number,
  signal: AbortSignal,
): AsyncGenerator<ListRange, void, undefined> {
  const { key, size } = file;
  if (!key.endsWith('.txt')) throw notAListFile(key, 'is no .txt file');
  if (size > MAX_LIST_FILE_BYTES) throw notAListFile(key, `has ${size} bytes: more than 100 MB`);
  if (from >= size) return;
  const { info, body } = await opened(store, file, from, signal);
  try {
    if (!isPlainText(info)) throw wrongContentType(key);
    const etag = file.etag ?? null;
    for await (const { start, end, objects } of cutLines(key, body, from, maxLines))
      yield { kind: 'list-range', key, etag, start, end, objects };
  } catch (error) {
    throw blameListFile(key, error);
  } finally {
    body.destroy();
  }
}

async function opened(store: SourceStore, { key, size, etag }: ListedObject, from: number, signal: AbortSignal) {
  try {
    return await store.open(
      key,
      {
        ...(from === 0 ? {} : { range: { start: from, end: size - 1 } }),
        ...(etag === undefined ? {} : { ifMatch: etag }),
      },
      signal,
    );
  } catch (error) {
    throw blameListFile(key, error);
  }
}

/** A store that knows no content types, such as a folder, tells none. */
const isPlainText = ({ contentType, metadata }: ObjectInfo): boolean =>
  (contentType === undefined || /^text\/plain\s*(;|$)/i.test(contentType)) && metadata.contentEncoding === undefined;

interface LineRange {
  readonly start: number;
  readonly end: number;
  readonly objects: number;
}

async function* cutLines(
  key: string,
  body: Readable,
  from: number,
  maxLines: number,
): AsyncGenerator<LineRange, void, undefined> {
  let start = from;
  let lineStart = from;
  let position = from;
  let objects = 0;
  let isBlank = true;
  for await (const chunk of body as AsyncIterable<Buffer>) {
    for (let at = 0; at < chunk.length;) {
      const feed = chunk.indexOf(LINE_FEED, at);
      const stop = feed === -1 ? chunk.length : feed;
      isBlank &&= chunk.subarray(at, stop).every((byte) => byte <= BLANK);
      if (position + stop - lineStart > MAX_LINE_BYTES) throw lineTooLong(key, lineStart);
      if (feed === -1) break;
      if (!isBlank) objects++;
      lineStart = position + feed + 1;
      isBlank = true;
      at = feed + 1;
      if (objects < maxLines) continue;
      yield { start, end: lineStart, objects };
      start = lineStart;
      objects = 0;
    }
    position += chunk.length;
  }
  if (!isBlank) objects++; // the last line needs no line feed
  if (objects > 0) yield { start, end: position, objects };
}
