import type { ObjectInfo, SourceStore } from '../../object-store/object-store.port.js';
import { ListFileError } from './list-file-error.js';
import { ListFileReader, type ListLine, type ListReading } from './list-file-reader.js';
import type { ListFiles } from './list-files.js';
import type { PageSource, SourceEntry, SourcePage } from './migration.js';
import { nameEntry } from './list-line.js';

const MAX_FILE_BYTES = 100 * 1024 * 1024;

export interface ListFilePagesOptions extends ListReading {
  /** Of a page at most. */
  readonly pageObjects: number;
}

/** What a list is made of: how a line reads, and whether a list of nothing but bad lines is refused as a whole. */
export interface ListFormat {
  readonly read: (line: string) => SourceEntry;
  readonly allBad?: 'bad-url';
}

/** Where reading goes on: file, its ETag, and the byte at which the next line begins; null behind its last line. */
type Position = readonly [file: string, etag: string | null, at: number | null];

const isGood = ({ problem }: SourceEntry): boolean => problem === undefined;

interface FileLines {
  readonly position: (at: number | null) => Position;
  readonly lines: Iterable<ListLine>;
}

/**
 * Objects that are named by list files, line by line: .txt files of plain text, not compressed, of at most 100 MB, with lines
 * of at most 65,535 characters. A line of the failed list of a run before counts as the object it is about. What a page
 * has twice it does once.
 */
export class ListFilePages implements PageSource {
  readonly ordered = false;

  constructor(
    private readonly store: SourceStore,
    private readonly files: ListFiles,
    private readonly options: ListFilePagesOptions,
    private readonly format: ListFormat = { read: nameEntry },
  ) {}

  async *pages(cursor: string | undefined, signal: AbortSignal): AsyncGenerator<SourcePage, void, undefined> {
    const page = new Map<string, SourceEntry>();
    let position = readCursor(cursor);
    let isEmpty = cursor === undefined;
    let isProven = cursor !== undefined || this.format.allBad === undefined;
    const ready = async (): Promise<SourcePage> => {
      const entries = [...page.values()];
      isProven ||= entries.some(isGood) || (await this.hasGood(position, signal));
      if (!isProven) throw new ListFileError(this.format.allBad ?? 'empty', this.files.name);
      page.clear();
      return { entries, cursor: JSON.stringify(position) };
    };
    for await (const { position: positionAt, lines } of this.read(position, signal)) {
      for (const { text, start } of lines) {
        const entry = this.format.read(text);
        const id = `${entry.key}\t${entry.targetName ?? ''}`;
        if (page.has(id)) continue;
        position = positionAt(start);
        if (page.size >= this.options.pageObjects) yield await ready();
        page.set(id, entry);
        isEmpty = false;
      }
      position = positionAt(null);
    }
    if (page.size > 0) yield await ready();
    else if (isEmpty) throw new ListFileError('empty', this.files.name);
  }

  /** Lines from a position on, piece by piece. */
  private async *read(from: Position | undefined, signal: AbortSignal): AsyncGenerator<FileLines> {
    let any = false;
    for await (const file of this.files.from(from?.[0], signal)) {
      any = true;
      const resumed = from?.[0] === file.key ? from : undefined;
      if (resumed?.[2] === null) continue;
      const reader = await ListFileReader.open(this.store, file.key, resumed?.[1] ?? file.etag, this.options, signal);
      assertListFile(reader.info);
      const position = (at: number | null): Position => [file.key, reader.info.etag ?? null, at];
      for await (const lines of reader.lines(resumed?.[2] ?? file.start ?? 0, file.end, signal))
        yield { position, lines };
    }
    if (!any) throw new ListFileError('missing', this.files.name);
  }

  /** Whether any line from there on can be used. */
  private async hasGood(from: Position | undefined, signal: AbortSignal): Promise<boolean> {
    for await (const { lines } of this.read(from, signal))
      for (const { text } of lines) if (isGood(this.format.read(text))) return true;
    return false;
  }
}

/** Throws a `ListFileError` for a file that no list is read from: too large, of another type than plain text, or compressed. */
export function assertListFile({ key, size, contentType, metadata }: ObjectInfo): void {
  if (size > MAX_FILE_BYTES) throw new ListFileError('too-large', key);
  // A backend that keeps no types is not held against the file.
  if (contentType !== undefined && !/^text\/plain\s*(;|$)/i.test(contentType.trim()))
    throw new ListFileError('wrong-type', key);
  if ((metadata.contentEncoding ?? '') !== '') throw new ListFileError('encoded', key);
}

function readCursor(cursor: string | undefined): Position | undefined {
  if (cursor === undefined) return undefined;
  const read: unknown = JSON.parse(cursor);
  if (Array.isArray(read)) {
    const [file, etag, at] = read as unknown[];
    if (
      typeof file === 'string' &&
      (typeof etag === 'string' || etag === null) &&
      (typeof at === 'number' || at === null)
    )
      return [file, etag, at];
  }
  throw new Error('This is no cursor of a list file');
}
