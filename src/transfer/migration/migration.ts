import type { ListedObject } from '../../object-store/object-store.port.js';
import type { IgnoreReason } from '../compare.js';
import type { TransferFailure } from '../sync-object.js';
import type { Proof, ResumableUpload, SyncObjectOptions } from '../transfer-options.js';

/** One object that a migration is asked for. */
export interface SourceEntry {
  /** At the source. */
  readonly key: string;
  /** Key at the destination, when it is not that of the source; without the save prefix. */
  readonly targetName?: string;
  /** What a listing said of it. Absent where only a name was given: then it has to be looked at. */
  readonly listed?: ListedObject;
  /** Why it cannot even be tried, such as a line of a list that names nothing; it becomes a failed object. */
  readonly problem?: EntryProblem;
}

export interface EntryProblem {
  /** Stable, such as `BadUrl`. */
  readonly code: string;
  /** One line for people, without secrets. */
  readonly cause: string;
}

/** Entries that are done, recorded and repeated together. */
export interface SourcePage {
  readonly entries: readonly SourceEntry[];
  /** Where the page after this one begins; opaque to all but the page source. */
  readonly cursor: string;
}

/** What a migration goes through, page by page, always in the same order. */
export interface PageSource {
  /** Pages from `cursor` on (from the beginning without one), fetched as they are pulled. Rejects with a `SideError`. */
  pages(cursor: string | undefined, signal: AbortSignal): AsyncIterable<SourcePage>;
  /** Entries come in ascending byte order of their keys, so that a destination can be listed beside them. */
  readonly ordered: boolean;
  /** What all keys of an ordered source begin with. */
  readonly prefix?: string;
}

/** How one object of a migration ended. */
export type MigratedObject = {
  /** At the source. */
  readonly key: string;
  /** That of its entry, when it has one. */
  readonly targetName?: string;
  readonly size: number;
} & (
  | { readonly outcome: 'succeeded'; readonly proof: Proof }
  | { readonly outcome: 'skipped'; readonly reason: IgnoreReason }
  | { readonly outcome: 'failed'; readonly failure: TransferFailure }
);

/** One page that is done, or several in a row of which nothing had to be copied. Reported in their order, one at a time. */
export interface PageReport {
  /** From 1 in a run, and on from where a resumed run was. */
  readonly page: number;
  readonly cursor: string;
  /** In the order of the entries. */
  readonly objects: readonly MigratedObject[];
  /** Found at the source from the run's beginning, as far as it is listed. Bytes of mere names count once they are known. */
  readonly scannedNum: number;
  readonly scannedSize: number;
}

export type { ResumableUpload };

/** Where a migration tells what it does. A rejection ends the migration with it. */
export interface MigrationSink {
  /** Resolves when the page is recorded; until then neither `page` nor `scanned` is called again. */
  page(report: PageReport): Promise<void>;
  /** All of the source is listed; what of it is not reported yet is still to come. Not called where that was known before. */
  scanned(totalNum: number, totalSize: number): Promise<void>;
  /** Before the first part goes up. */
  uploadBegan(upload: ResumableUpload): Promise<void>;
  /** Bytes read from the source; called often, must be cheap. */
  moved(bytes: number): void;
}

export interface MigrationOptions {
  /** How every single object is compared, copied and proven. */
  readonly copy: SyncObjectOptions;
  /** Objects on their way at once. */
  readonly objectsInFlight: number;
  /** Entries that are listed ahead of the copying at most. */
  readonly listAheadObjects: number;
  /** Put in front of every key at the destination. */
  readonly savePrefix: string;
  /** Objects modified at or before this are skipped; 0: none. */
  readonly migrateSinceMs: number;
}

/** Where a migration begins: at the start, or where a run before it was cut off. */
export interface MigrationStart {
  readonly cursor?: string;
  /** Pages that are recorded. */
  readonly pagesDone: number;
  /** Objects and bytes of those: all that succeeded, were skipped or failed, and what the run took over from one before. */
  readonly doneNum: number;
  readonly doneSize: number;
  /** What is recorded as found at the source, with what was only listed. */
  readonly scannedNum: number;
  readonly scannedSize: number;
  /** The totals are recorded already. */
  readonly scanIsOver: boolean;
  readonly uploads: readonly ResumableUpload[];
  /**
   * Set when a run was cut off: an object that the destination has since this time (of its own clock), and that equals the
   * source's, was copied by the part of the run that nobody recorded, and counts as succeeded.
   */
  readonly ownCopiesSinceMs?: number;
}
