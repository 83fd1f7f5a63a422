import type { DestinationStore, SourceStore } from '../../object-store/object-store.port.js';
import { MigrationRun } from './migration-run.js';
import type { MigrationOptions, MigrationSink, MigrationStart, PageSource } from './migration.js';

export type { MigrationOptions, MigrationStart };

/**
 * Copies what must be copied of all pages and reports page by page, in order. Resolves when the last page is recorded.
 * Failures of single objects are outcomes; it rejects with a `SideError` when a bucket or its credentials are at fault or the
 * listing cannot go on, with the reason of the signal once nothing is under way any more, or with what the sink rejects with.
 *
 * - Pages are listed ahead up to `listAheadObjects`, and decided from the listings of both sides while others are copied; so what
 *   somebody else writes to the destination in the minutes between is not seen.
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
