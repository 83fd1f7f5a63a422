import { comesBefore } from '../../kernel/key-order.js';
import { type ListedObject, type SourceStore, StoreError } from '../../object-store/object-store.port.js';
import { blame, SideError } from '../side-error.js';
import type { PageSource, SourceEntry, SourcePage } from './migration.js';
import { commonPrefix, leftOut, type Segment, segmentsOf } from './object-selection.js';

export interface ObjectPagesOptions {
  /** Of a page at most. */
  readonly pageObjects: number;
  /** See `savePrefixWithin`. */
  readonly savePrefixWithin?: string | undefined;
}

/** Segment and, of what it has, the last key that is done. */
type Cursor = readonly [segment: number, after: string | null];

const brokenListing = (what: string): SideError =>
  new SideError(
    'source',
    new StoreError('invalid', `The listing cannot go on: ${what}`, { backendCode: 'BrokenListing' }),
  );

/** Objects of a bucket by prefixes and names, each once, in the order of their keys. The whole bucket is the prefix ''. */
export class ObjectPages implements PageSource {
  readonly ordered: boolean;
  readonly prefix: string;
  private readonly segments: readonly Segment[];

  constructor(
    private readonly source: SourceStore,
    selection: { readonly prefixes: readonly string[]; readonly names: readonly string[] },
    private readonly options: ObjectPagesOptions,
  ) {
    this.segments = segmentsOf(selection.prefixes, selection.names);
    this.ordered = source.traits.listsInKeyOrder;
    this.prefix = commonPrefix(this.segments);
  }

  async *pages(cursor: string | undefined, signal: AbortSignal): AsyncGenerator<SourcePage, void, undefined> {
    const { pageObjects } = this.options;
    let page: SourceEntry[] = [];
    let done: Cursor = [0, null];
    for await (const batch of this.batches(readCursor(cursor), signal)) {
      for (let from = 0; from < batch.entries.length;) {
        const take = batch.entries.slice(from, from + pageObjects - page.length);
        from += take.length;
        page = page.length === 0 ? take : page.concat(take);
        done = [batch.segment, take.at(-1)?.key ?? null];
        if (page.length < pageObjects) continue;
        yield { entries: page, cursor: JSON.stringify(done) };
        page = [];
      }
    }
    if (page.length > 0) yield { entries: page, cursor: JSON.stringify(done) };
  }

  private async *batches([first, after]: Cursor, signal: AbortSignal): AsyncGenerator<Batch> {
    for (let segment = first; segment < this.segments.length; segment++) {
      const each = this.segments[segment];
      const from = segment === first ? (after ?? undefined) : undefined;
      if (each?.kind === 'prefix') yield* this.listed(segment, each.prefix, from, signal);
      else if (each !== undefined) yield namesFrom(segment, each.names, from);
    }
  }

  private async *listed(
    segment: number,
    prefix: string,
    after: string | undefined,
    signal: AbortSignal,
  ): AsyncGenerator<Batch> {
    const { savePrefixWithin } = this.options;
    const isLeftOut = savePrefixWithin === undefined ? undefined : leftOut(prefix, savePrefixWithin);
    let before = after;
    try {
      for await (const objects of this.source.listPages(prefix, after, signal)) {
        before = this.check(objects, prefix, before);
        const wanted = isLeftOut === undefined ? objects : objects.filter(({ key }) => !isLeftOut(key));
        yield { segment, entries: wanted.map((listed) => ({ key: listed.key, listed })) };
      }
    } catch (error) {
      throw blame('source', error);
    }
  }

  /** A listing that is not what it should be would lead astray everything that comes after. Answers the last key. */
  private check(objects: readonly ListedObject[], prefix: string, last: string | undefined): string | undefined {
    let before = last;
    for (const { key } of objects) {
      if (this.ordered && before !== undefined && !comesBefore(before, key))
        throw brokenListing('its keys go backwards or repeat');
      if (!key.startsWith(prefix)) throw brokenListing('it has keys outside its prefix');
      before = key;
    }
    if (before !== undefined && before === last) throw brokenListing('it does not come forward');
    return before;
  }
}

/** What comes at once, all of one segment. */
interface Batch {
  readonly segment: number;
  readonly entries: readonly SourceEntry[];
}

function namesFrom(segment: number, names: readonly string[], after: string | undefined): Batch {
  const left = after === undefined ? names : names.slice(names.indexOf(after) + 1);
  return { segment, entries: left.map((key) => ({ key })) };
}

function readCursor(cursor: string | undefined): Cursor {
  if (cursor === undefined) return [0, null];
  const read: unknown = JSON.parse(cursor);
  if (!Array.isArray(read)) throw new Error('This is no cursor of a listing');
  const [segment, after] = read as unknown[];
  if (typeof segment !== 'number' || (typeof after !== 'string' && after !== null))
    throw new Error('This is no cursor of a listing');
  return [segment, after];
}
