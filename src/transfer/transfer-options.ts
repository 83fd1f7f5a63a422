import type { ByteBudget } from '../kernel/byte-budget.js';
import type { RetryPolicy } from '../kernel/retry.js';
import type { ObjectInfo } from '../object-store/object-store.port.js';
import type { Pacing } from '../object-store/retrying.js';
import type { OverwriteMode } from './compare.js';
import type { StoragePolicy } from './storage-class.js';

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
  /** Set: that time begins anew whenever so many bytes more have moved, so that size and a narrow line are no failures. */
  readonly progressBytes?: number;
  /** How often a restored object is looked at, for how long at most, and for how many days it is restored. */
  readonly restorePollMs?: number;
  /** Half of `objectTimeoutMs` unless given. */
  readonly restoreTimeoutMs?: number;
  readonly restoreDays?: number;
}

/** An upload in parts that was begun, and is worth going on with as long as the source object is the same. */
export interface ResumableUpload {
  /** At the destination. */
  readonly key: string;
  readonly uploadId: string;
  readonly sourceEtag: string;
  readonly size: number;
  readonly partBytes: number;
}

/** Remembers uploads in parts, so that one that was cut off goes on where it was. */
export interface UploadLog {
  /** One that was begun for this key, if any; whether it still fits is the caller's business. */
  find(targetKey: string, info: ObjectInfo): ResumableUpload | undefined;
  /** Resolves when it is remembered; no part goes up before. */
  began(upload: ResumableUpload): Promise<void>;
}

/** What one task asks for. */
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
  /** The storage class of the copy; left to the destination unless given. */
  readonly storagePolicy?: StoragePolicy;
  /** Given: an upload in parts that the caller's signal interrupts stays, and one that is known is gone on with. */
  readonly uploads?: UploadLog;
  /** Told of bytes as they are read from the source; called often, must be cheap and not throw. */
  readonly onMoved?: (bytes: number) => void;
  /** True while a limit of our own on bytes per second keeps reads waiting: then no object counts as late. */
  readonly isHeldBack?: () => boolean;
  /** Told of every error that is no store's failure. */
  readonly onBug?: (error: unknown) => void;
  /** Milliseconds since the epoch; the system's clock unless given. */
  readonly now?: () => number;
  /** Waits between tries; the system's unless given. */
  readonly pacing?: Pacing;
}

/** What proved a copy: checksums that agree, or only the count of bytes. */
export type Proof = 'md5' | 'etag' | 'crc64' | 'size';

export interface Copied {
  readonly size: number;
  readonly proof: Proof;
}
