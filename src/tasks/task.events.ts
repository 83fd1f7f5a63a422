import type { DomainEvent } from '../kernel/domain-event.js';
import type { BandwidthRule, GroupPiece, TaskCredentials, TaskPriority, TaskSettings } from './task.settings.js';

/** Objects and bytes since the run began, with what a retry of failed objects took over from before. Cumulative. */
export interface TaskTotals {
  /** Found at the source so far. */
  readonly scannedNum: number;
  readonly scannedSize: number;
  readonly succeededNum: number;
  readonly succeededSize: number;
  readonly skippedNum: number;
  readonly skippedSize: number;
  readonly failedNum: number;
  readonly failedSize: number;
}

/** What a run goes through: what is left of it, all again, or what failed in the run before. */
export type RunMode = 'resume' | 'all' | 'failed';

/** Directories of list files under `oms/task/<task id>/`. */
export type TaskListKind = 'success' | 'skip' | 'failed';

export type TaskCreated = DomainEvent<
  'TaskCreated',
  {
    projectId: string;
    taskId: string;
    name: string;
    settings: TaskSettings;
    credentials: TaskCredentials;
    priority: TaskPriority;
    bandwidthPolicy: readonly BandwidthRule[];
    /** Null for a task that was made by a caller of the API. */
    groupId: string | null;
    piece: GroupPiece | null;
    at: string;
  }
>;

/** Waits for a worker again. `run` counts from 1 (its creation); only `resume` keeps it. */
export type TaskStarted = DomainEvent<
  'TaskStarted',
  { taskId: string; credentials: TaskCredentials; mode: RunMode; run: number; at: string }
>;

/** A worker runs it from now on. `take` counts from 1; what is recorded under an older take is void. */
export type TaskTaken = DomainEvent<'TaskTaken', { taskId: string; worker: string; take: number; at: string }>;

/** First event of a run, once both places were found usable. */
export type TaskRunBegan = DomainEvent<
  'TaskRunBegan',
  {
    taskId: string;
    run: number;
    /** In the names of the run's list files: `yyyyMMddHHmmssSSS`. */
    stamp: string;
    /** The destination's own clock, in milliseconds since the epoch: what is newer there was written since the run began. */
    destinationTimeMs: number;
    at: string;
  }
>;

/** All of the source is known: the totals are final. */
export type TaskScanned = DomainEvent<
  'TaskScanned',
  { taskId: string; totalNum: number; totalSize: number; at: string }
>;

export type TaskPageMigrated = DomainEvent<
  'TaskPageMigrated',
  {
    taskId: string;
    /** From 1 in every run. */
    page: number;
    /** Where the next page begins; only the page source that wrote it can read it. */
    cursor: string;
    totals: TaskTotals;
    /** Which list parts the page has. */
    lists: readonly TaskListKind[];
    /** The store's code for each kind of list that could not be written. */
    listErrors?: Readonly<Partial<Record<TaskListKind, string>>>;
    at: string;
  }
>;

/** A large object began to go up in parts; whoever runs the task next goes on with them. */
export type TaskUploadBegan = DomainEvent<
  'TaskUploadBegan',
  { taskId: string; key: string; uploadId: string; sourceEtag: string; size: number; partBytes: number; at: string }
>;

/** Bytes that were moved and belong to no recorded page yet; only when nothing else was recorded for a while. */
export type TaskProgressed = DomainEvent<'TaskProgressed', { taskId: string; inFlightSize: number; at: string }>;

export type TaskPausing = DomainEvent<'TaskPausing', { taskId: string; at: string }>;
export type TaskPaused = DomainEvent<'TaskPaused', { taskId: string; at: string }>;

/** Its worker let it go, or died: it waits for the next one. */
export type TaskReleased = DomainEvent<'TaskReleased', { taskId: string; reason: 'stopping' | 'lost'; at: string }>;

export type TaskSucceeded = DomainEvent<'TaskSucceeded', { taskId: string; at: string }>;

/** `code` is one of TRF.*. */
export type TaskFailed = DomainEvent<'TaskFailed', { taskId: string; code: string; message: string; at: string }>;
export type TaskDeleted = DomainEvent<'TaskDeleted', { taskId: string; at: string }>;
export type TaskBandwidthPolicyUpdated = DomainEvent<
  'TaskBandwidthPolicyUpdated',
  { taskId: string; bandwidthPolicy: readonly BandwidthRule[]; at: string }
>;
export type TaskPriorityUpdated = DomainEvent<
  'TaskPriorityUpdated',
  { taskId: string; priority: TaskPriority; at: string }
>;

/** How the message about a run's end fared. */
export type TaskNotified = DomainEvent<
  'TaskNotified',
  { taskId: string; run: number; delivered: boolean; errorCode: string | null; topicUrn: string; at: string }
>;

export type TaskEvent =
  | TaskCreated
  | TaskStarted
  | TaskTaken
  | TaskRunBegan
  | TaskScanned
  | TaskPageMigrated
  | TaskUploadBegan
  | TaskProgressed
  | TaskPausing
  | TaskPaused
  | TaskReleased
  | TaskSucceeded
  | TaskFailed
  | TaskDeleted
  | TaskBandwidthPolicyUpdated
  | TaskPriorityUpdated
  | TaskNotified;

export const TASK_STREAMS = 'task-';
export const taskStream = (taskId: string): string => TASK_STREAMS + taskId;
