import type { DestinationStore, SourceStore } from '../../object-store/object-store.port.js';
import type { SyncObjectOptions } from '../transfer-options.js';
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
 */
export declare function migrate(
  source: SourceStore,
  destination: DestinationStore,
  pages: PageSource,
  start: MigrationStart,
  options: MigrationOptions,
  sink: MigrationSink,
  signal: AbortSignal,
): Promise<void>;
