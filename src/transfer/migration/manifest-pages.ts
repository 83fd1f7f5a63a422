import { comesBefore } from '../../kernel/key-order.js';
import { type SourceStore, StoreError } from '../../object-store/object-store.port.js';
import { ListFileError } from './list-file-error.js';
import { ListFileReader, type ListReading } from './list-file-reader.js';
import { parseManifestLine } from './manifest.js';
import type { PageSource, SourceEntry, SourcePage } from './migration.js';

export interface ManifestPagesOptions extends ListReading {
  /** Of a page at most. */
  readonly pageObjects: number;
  /** The listing that it was made from came in the order of its keys. */
  readonly ordered: boolean;
}

/** The objects that a listing found before, from the file it was written to. The cursor is a byte of the file. */
export class ManifestPages implements PageSource {
  readonly ordered: boolean;

  constructor(
    private readonly store: SourceStore,
    private readonly key: string,
    private readonly options: ManifestPagesOptions,
  ) {
    this.ordered = options.ordered;
  }

  async *pages(cursor: string | undefined, signal: AbortSignal): AsyncGenerator<SourcePage, void, undefined> {
    const { pageObjects } = this.options;
    const from = cursor === undefined ? 0 : Number(cursor);
    if (!Number.isSafeInteger(from) || from < 0) throw new Error('This is no cursor of a manifest');
    const reader = await ListFileReader.open(this.store, this.key, undefined, this.options, signal);
    let entries: SourceEntry[] = [];
    let last: string | undefined;
    for await (const lines of reader.lines(from, undefined, signal)) {
      for (const { text, start } of lines) {
        if (entries.length >= pageObjects) {
          yield { entries, cursor: String(start) };
          entries = [];
        }
        const listed = parseManifestLine(text);
        if (listed === undefined) throw this.broken('a line makes no sense');
        if (this.ordered && last !== undefined && !comesBefore(last, listed.key))
          throw this.broken('keys go backwards');
        last = listed.key;
        entries.push({ key: listed.key, listed });
      }
    }
    if (entries.length > 0) yield { entries, cursor: String(reader.info.size) };
  }

  private broken(what: string): ListFileError {
    return new ListFileError('unreadable', this.key, new StoreError('invalid', `The manifest is broken: ${what}`));
  }
}
