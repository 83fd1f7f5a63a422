import type { DomainEvent } from '../kernel/domain-event.js';

/** How one requested object ended. `size` is in bytes, where it became known. */
export type ObjectOutcome = SyncedOutcome | IgnoredOutcome | FailedOutcome;

export interface SyncedOutcome {
  readonly key: string;
  readonly outcome: 'synced';
  readonly size: number;
  /** What proved the copy, such as `md5`, `etag`, `crc64` or `size`. */
  readonly proof: string;
}

export interface IgnoredOutcome {
  readonly key: string;
  readonly outcome: 'ignored';
  readonly size: number;
  readonly reason: string;
}

export interface FailedOutcome {
  readonly key: string;
  readonly outcome: 'failed';
  /** A stable code of ours, such as `SOURCE_NOT_FOUND`. */
  readonly reason: string;
  /** The store's own error code, such as `NoSuchKey`. */
  readonly code: string;
  readonly cause: string;
  readonly size?: number;
  /** True when the work could not even start: credentials refused, bucket gone, no permission on the bucket. */
  readonly notStarted?: true;
}

/** One request to synchronize objects. The id is in the stream's name; keys are distinct. */
export type SyncEventCreated = DomainEvent<
  'SyncEventCreated',
  { syncTaskId: string; keys: readonly string[]; at: string }
>;
/** One outcome per key of the event, in the order of its keys. */
export type SyncEventSettled = DomainEvent<
  'SyncEventSettled',
  { syncTaskId: string; outcomes: readonly ObjectOutcome[]; at: string }
>;

export type SyncEventEvent = SyncEventCreated | SyncEventSettled;

export const SYNC_EVENT_STREAMS = 'syncEvent-';
export const syncEventStream = (syncEventId: string): string => SYNC_EVENT_STREAMS + syncEventId;
export const syncEventIdOf = (stream: string): string => stream.slice(SYNC_EVENT_STREAMS.length);
