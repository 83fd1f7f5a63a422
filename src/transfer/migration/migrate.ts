import type { DestinationStore, SourceStore } from '../../object-store/object-store.port.js';
import type { SyncObjectOptions } from '../transfer-options.js';
import { MigrationRun } from './migration-run.js';
import type { MigrationSink, PageSource, ResumableUpload } from './migration.js';

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

/**
 * Copies what must be copied of all pages and reports page by page, in order. Resolves when the last page is recorded.
 * Failures of single objects are outcomes; it rejects with a `SideError` when a bucket or its credentials are at fault or the
 * listing cannot go on, with the reason of the signal once nothing is under way any more, or with what the sink rejects with.
 *
 * - Pages are listed ahead up to `listAheadObjects`, and decided from the listings of both sides while others are copied.
 * - Two pages are under way at most, from the first copy to the record: so no place is idle at the end of a page, and a run
 *   that is cut off repeats a page and what was begun of the next. After a cut `ownCopiesSinceMs` tells what of the
 *   pages that may have been under way is done; later pages were never begun, so there an equal object is somebody else's.
 * - Pages of which nothing has to be copied are reported together, up to ten as one.
 * - Archived objects, with `copy.enableRestore`: the restore of each is asked for when it is met, and it leaves its place to
 *   others until it is readable, at most for `restoreTimeoutMs`. Its page is not reported before, and the one after the next
 *   does not begin: a bucket full of archived objects goes page by page at the pace of its restores.
 * - When the signal aborts, uploads in parts that `sink.uploadBegan` was told of stay, for the next start to go on with.
 */
export async function migrate(
  source: SourceStore,
  destination: DestinationStore,
  pages: PageSource,
  start: MigrationStart,
  options: MigrationOptions,
  sink: MigrationSink,
  signal: AbortSignal,
): Promise<void> {
  signal.throwIfAborted();
  await new MigrationRun(source, destination, pages, { start, options, sink }, signal).run();
}
