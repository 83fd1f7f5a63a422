import type { DestinationStore, ListedObject } from '../../object-store/object-store.port.js';
import { compare } from '../compare.js';
import { type Beside, BesideListing } from './beside-listing.js';
import type { MigratedObject, MigrationOptions, PageSource, SourceEntry, SourcePage } from './migration.js';
import { failed, problemOf, skipped, succeeded } from './outcomes.js';

/** What is left to do for an entry: copy it, or first look at both sides. */
export interface Work {
  /** Of its entry. */
  readonly index: number;
  readonly how: 'copy' | 'look';
}

export interface PlannedPage {
  readonly entries: readonly SourceEntry[];
  /** By entry; undefined where there is work. */
  readonly outcomes: readonly (MigratedObject | undefined)[];
  readonly work: readonly Work[];
  readonly cursor: string;
  /** An equal object that the destination has since then was copied by us. */
  readonly ownSinceMs: number | undefined;
}

export const targetKeyOf = (entry: SourceEntry, savePrefix: string): string =>
  savePrefix + (entry.targetName ?? entry.key);

/**
 * Decides the entries of one page after the other: from the two listings alone where the source is ordered, so that what is
 * up to date costs no request.
 */
export class PagePlanner {
  private readonly beside: BesideListing | undefined;
  private readonly mode;

  constructor(
    destination: DestinationStore,
    source: Pick<PageSource, 'ordered' | 'prefix'>,
    private readonly options: MigrationOptions,
    signal: AbortSignal,
  ) {
    this.mode = options.copy.overwriteMode ?? 'SIZE_LAST_MODIFIED_COMPARISON_OVERWRITE';
    if (source.ordered && destination.traits.listsInKeyOrder && this.mode !== 'FULL_OVERWRITE')
      this.beside = new BesideListing(destination, options.savePrefix, source.prefix ?? '', signal);
  }

  async plan({ entries, cursor }: SourcePage, ownSinceMs: number | undefined): Promise<PlannedPage> {
    const beside = await this.beside?.find(entries);
    const work: Work[] = [];
    const outcomes = entries.map((entry, index) => {
      const decided = this.decide(entry, beside?.[index] ?? 'unknown', ownSinceMs);
      if (typeof decided === 'object') return decided;
      work.push({ index, how: decided });
      return undefined;
    });
    return { entries, outcomes, work, cursor, ownSinceMs };
  }

  async close(): Promise<void> {
    await this.beside?.close();
  }

  private decide(entry: SourceEntry, existing: Beside, ownSinceMs: number | undefined): MigratedObject | Work['how'] {
    const { savePrefix, migrateSinceMs } = this.options;
    const problem = problemOf(entry, targetKeyOf(entry, savePrefix));
    if (problem !== undefined) return failed(entry, problem);
    const { listed } = entry;
    if (listed === undefined) return 'look';
    if (migrateSinceMs > 0 && listed.lastModifiedMs <= migrateSinceMs)
      return skipped(entry, Math.max(0, listed.size), 'NOT_MODIFIED_SINCE');
    if (this.mode === 'FULL_OVERWRITE') return 'copy';
    if (existing === 'unknown') return 'look';
    return existing === 'absent' ? 'copy' : this.compared(entry, listed, existing, ownSinceMs);
  }

  private compared(
    entry: SourceEntry,
    listed: ListedObject,
    existing: ListedObject,
    ownSinceMs: number | undefined,
  ): MigratedObject | Work['how'] {
    if (isOwnCopy(listed, existing, ownSinceMs)) return succeeded(entry, listed.size, 'size');
    // Listings tell no CRC-64.
    if (this.mode === 'CRC64_COMPARISON_OVERWRITE') return listed.size === existing.size ? 'look' : 'copy';
    const decision = compare(this.mode, listed, existing);
    return decision.copy ? 'copy' : skipped(entry, listed.size, decision.reason);
  }
}

/** Times are taken at whole seconds: some stores tell no more. */
export const isSince = ({ lastModifiedMs }: ListedObject, sinceMs: number): boolean =>
  lastModifiedMs >= Math.floor(sinceMs / 1000) * 1000;

/** True for an object that equals its source and is there since a time. */
export const isOwnCopy = (source: ListedObject, destination: ListedObject, sinceMs: number | undefined): boolean =>
  sinceMs !== undefined &&
  isSince(destination, sinceMs) &&
  !compare('SIZE_LAST_MODIFIED_COMPARISON_OVERWRITE', source, destination).copy;
