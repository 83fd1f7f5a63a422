import type { CdnSettings } from '../object-store/http/cdn/cdn.js';
import type { CredentialPointer } from '../sync-tasks/sync-task.events.js';

export type TaskType = 'object' | 'prefix' | 'list' | 'url_list';
export type TaskPriority = 'HIGH' | 'MEDIUM' | 'LOW';
export type ObjectOverwriteMode =
  'NO_OVERWRITE' | 'SIZE_LAST_MODIFIED_COMPARISON_OVERWRITE' | 'CRC64_COMPARISON_OVERWRITE' | 'FULL_OVERWRITE';
export type StoragePolicy = 'STANDARD' | 'IA' | 'ARCHIVE' | 'DEEP_ARCHIVE' | 'SRC_STORAGE_MAPPING';
export type TaskConsistencyCheck = 'size_last_modified' | 'crc64' | 'no_check';

/** Where the names of objects, or the URLs, are written: one .txt file, or all .txt files under a prefix that ends in `/`. */
export interface ListFileSettings {
  /** At the destination's cloud and region, read with the destination's keys. */
  readonly bucket: string;
  readonly key: string;
}

export interface TaskSource {
  readonly cloudType: string;
  /** Empty for a URL list. */
  readonly region: string;
  /** Empty for a URL list. */
  readonly bucket: string;
  readonly appId: string | null;
  /** `object`: names, and folders that end in `/`. `prefix`: prefixes. Else empty. */
  readonly objectKeys: readonly string[];
  /** `list` and `url_list` only. */
  readonly listFile: ListFileSettings | null;
}

export interface TaskDestination {
  readonly cloudType: string;
  readonly region: string;
  readonly bucket: string;
  /** Put in front of every key. */
  readonly savePrefix: string;
}

/** At most this many bytes a second from `start` to `end`, `hh:mm` in UTC, the minute of `end` not included. */
export interface BandwidthRule {
  readonly start: string;
  readonly end: string;
  readonly maxBytesPerSecond: number;
}

/** Objects are read from this domain; what there is, is still listed from the bucket. The key is in the vault. */
export type SourceCdn = CdnSettings;

/** Whom to tell how a run ended. */
export interface TaskNotification {
  readonly topicUrn: string;
  readonly conditions: readonly ('SUCCESS' | 'FAILURE')[];
  readonly language: 'zh-cn' | 'en-us';
  readonly templateName: string | null;
}

/** What a task migrates and how; fixed at creation. */
export interface TaskSettings {
  readonly taskType: TaskType;
  readonly source: TaskSource;
  readonly destination: TaskDestination;
  readonly description: string;
  /** Only objects modified after this, in milliseconds since the epoch; 0: all. */
  readonly migrateSinceMs: number;
  readonly cdn: SourceCdn | null;
  readonly notification: TaskNotification | null;
  readonly enableKms: boolean;
  readonly enableMetadataMigration: boolean;
  readonly enableRestore: boolean;
  readonly recordFailedObjects: boolean;
  readonly overwriteMode: ObjectOverwriteMode;
  readonly storagePolicy: StoragePolicy;
  readonly consistencyCheck: TaskConsistencyCheck;
  readonly requesterPays: boolean;
}

/** `source` is null for a URL list, `cdn` where the CDN wants no key. A task of a group has those of its group. */
export interface TaskCredentials {
  readonly source: CredentialPointer | null;
  readonly destination: CredentialPointer;
  readonly cdn: CredentialPointer | null;
}

/** The part of a task group that one of its tasks migrates, instead of all that the settings name. */
export type GroupPiece =
  | {
      /** A file in the destination bucket that says what the group's listing of the source found. */
      readonly kind: 'manifest';
      readonly key: string;
      readonly objects: number;
      readonly bytes: number;
    }
  | {
      /** Whole lines of one list file: its bytes from `start` up to, not including, `end`. */
      readonly kind: 'list-range';
      readonly key: string;
      /** The file is refused when it is another one by now. */
      readonly etag: string | null;
      readonly start: number;
      readonly end: number;
      readonly objects: number;
    };
