import type { ByteBudget } from '../kernel/byte-budget.js';
import type { RetryPolicy } from '../kernel/retry.js';
import type { DestinationStore, ObjectInfo, SourceStore, StorageClass } from '../object-store/object-store.port.js';
import type { Pacing } from '../object-store/retrying.js';
import type { OverwriteMode } from './compare.js';
import type { Side } from './failure-reasons.js';

/** Sizes, tries and times of the engine, the same for all objects. */
export interface TransferLimits extends RetryPolicy {
  /** Objects of at least this size go up in parts. */
  readonly multipartThresholdBytes: number;
  readonly partBytes: number;
  /** Parts of one object in flight. */
  readonly partConcurrency: number;
  /** Bodies up to this size are held in memory, larger ones streamed. */
  readonly bufferBytes: number;
  /** One object must be done within this time, whatever happens. */
  readonly objectTimeoutMs: number;
  /** How often a restored object is looked at, for how long at most, and for how many days it is restored. */
  readonly restorePollMs?: number;
  /** Half of `objectTimeoutMs` unless given. */
  readonly restoreTimeoutMs?: number;
  readonly restoreDays?: number;
}

/** What one sync task asks for. */
export interface SyncObjectOptions {
  readonly limits: TransferLimits;
  /** Shared by all copies of the process: memory for the bodies that are held whole. */
  readonly buffers: ByteBudget;
  /** SIZE_LAST_MODIFIED_COMPARISON_OVERWRITE unless given. */
  readonly overwriteMode?: OverwriteMode;
  readonly consistencyCheck: 'size_last_modified' | 'crc64' | 'no_check';
  /** All metadata and tags, not only Content-Type. */
  readonly migrateMetadata: boolean;
  /** Encrypt at the destination with its key management. */
  readonly enableKms: boolean;
  /** Restore archived source objects and wait for them, within bounds. */
  readonly enableRestore: boolean;
  /** The storage class of the copy; undefined leaves it to the destination. See `storageClassMapper`. */
  readonly mapStorageClass?: (source: ObjectInfo) => StorageClass | undefined;
  /** Told of every error that is no store's failure. */
  readonly onBug?: (error: unknown) => void;
  /** Milliseconds since the epoch; the system's clock unless given. */
  readonly now?: () => number;
  /** Waits between tries; the system's unless given. */
  readonly pacing?: Pacing;
}

/** What is known so far, for the report of a failure. */
export interface CopyProgress {
  side: Side;
  size: number | undefined;
  /** The version of the source that is copied. */
  version: ObjectInfo | undefined;
  /** The destination took something of this object. */
  wrote: boolean;
  /** What is visible at the destination was found wrong. */
  wrongVisible: boolean;
}

/** One object on its way. */
export interface CopyJob {
  readonly source: SourceStore;
  readonly destination: DestinationStore;
  readonly key: string;
  readonly options: SyncObjectOptions;
  readonly signal: AbortSignal;
  readonly progress: CopyProgress;
}

/** What proved a copy: checksums that agree, or only the count of bytes. */
export type Proof = 'md5' | 'etag' | 'crc64' | 'size';

export interface Copied {
  readonly size: number;
  readonly proof: Proof;
}
