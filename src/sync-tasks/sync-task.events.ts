import type { DomainEvent } from '../kernel/domain-event.js';

export type DestinationStoragePolicy = 'STANDARD' | 'IA' | 'ARCHIVE' | 'DEEP_ARCHIVE' | 'SRC_STORAGE_MAPPING';
export type ConsistencyCheck = 'size_last_modified' | 'crc64' | 'no_check';

/** What a sync task copies and how; fixed at creation. */
export interface SyncTaskSettings {
  readonly srcCloudType: string;
  readonly srcRegion: string;
  readonly srcBucket: string;
  readonly dstCloudType: string;
  readonly dstRegion: string;
  readonly dstBucket: string;
  readonly description: string;
  readonly enableMetadataMigration: boolean;
  readonly enableKms: boolean;
  readonly enableRestore: boolean;
  /** Null when the request did not say. */
  readonly dstStoragePolicy: DestinationStoragePolicy | null;
  readonly appId: string | null;
  readonly consistencyCheck: ConsistencyCheck;
  readonly objectOverwriteMode: 'SIZE_LAST_MODIFIED_COMPARISON_OVERWRITE';
}

/** Points into the vault: where the sealed keys are, and a fingerprint by which people can tell keys apart. */
export interface CredentialPointer {
  readonly ref: string;
  readonly fingerprint: string;
}

export interface SyncTaskCredentials {
  readonly source: CredentialPointer;
  readonly destination: CredentialPointer;
}

export type SyncTaskCreated = DomainEvent<
  'SyncTaskCreated',
  { projectId: string; syncTaskId: string; settings: SyncTaskSettings; credentials: SyncTaskCredentials; at: string }
>;
export type SyncTaskStarted = DomainEvent<
  'SyncTaskStarted',
  { syncTaskId: string; credentials: SyncTaskCredentials; at: string }
>;
export type SyncTaskStopped = DomainEvent<'SyncTaskStopped', { syncTaskId: string; at: string }>;
export type SyncTaskDeleted = DomainEvent<'SyncTaskDeleted', { syncTaskId: string; at: string }>;

/** What happened in five minutes of a day: objects, and bytes by outcome. `startMs` is since the epoch. */
export interface LedgerBucket {
  readonly startMs: number;
  readonly requested: number;
  readonly synced: number;
  readonly failed: number;
  readonly ignored: number;
  readonly syncedBytes: number;
  readonly failedBytes: number;
  readonly ignoredBytes: number;
}

/**
 * The figures of a UTC day (`yyyy-MM-dd`), written only where sync events are kept for a limited time: views that are
 * rebuilt after the events of that day expired take the figures from here.
 */
export type SyncLedgerClosed = DomainEvent<
  'SyncLedgerClosed',
  { syncTaskId: string; day: string; buckets: readonly LedgerBucket[]; at: string }
>;

export type SyncTaskEvent = SyncTaskCreated | SyncTaskStarted | SyncTaskStopped | SyncTaskDeleted | SyncLedgerClosed;

export const SYNC_TASK_STREAMS = 'syncTask-';
export const syncTaskStream = (syncTaskId: string): string => SYNC_TASK_STREAMS + syncTaskId;
