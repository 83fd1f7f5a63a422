import type { CommandContext } from '../sync-tasks/sync-task.commands.js';
import type { TaskListKind, TaskTotals } from './task.events.js';
import type { BandwidthRule, GroupPiece, TaskCredentials, TaskPriority, TaskSettings } from './task.settings.js';

export interface NewTask {
  readonly name: string;
  readonly settings: TaskSettings;
  readonly credentials: TaskCredentials;
  readonly priority: TaskPriority;
  readonly bandwidthPolicy: readonly BandwidthRule[];
  readonly groupId: string | null;
  readonly piece: GroupPiece | null;
}

export class CreateTask {
  readonly type = 'CreateTask';
  constructor(
    readonly projectId: string,
    readonly taskId: string,
    readonly task: NewTask,
    readonly context: CommandContext,
  ) {}
}

/** Resumes a paused task; a failed one begins anew, or with `failedOnly` goes through what failed. */
export class StartTask {
  readonly type = 'StartTask';
  constructor(
    readonly projectId: string,
    readonly taskId: string,
    readonly credentials: TaskCredentials,
    readonly failedOnly: boolean,
    readonly context: CommandContext,
  ) {}
}

export class StopTask {
  readonly type = 'StopTask';
  constructor(
    readonly projectId: string,
    readonly taskId: string,
    readonly context: CommandContext,
  ) {}
}

export class DeleteTask {
  readonly type = 'DeleteTask';
  constructor(
    readonly projectId: string,
    readonly taskId: string,
    readonly context: CommandContext,
    /** The task's group wants it: a task of a group goes only with its group. */
    readonly byGroup: boolean = false,
  ) {}
}

export class UpdateTaskBandwidthPolicy {
  readonly type = 'UpdateTaskBandwidthPolicy';
  constructor(
    readonly projectId: string,
    readonly taskId: string,
    readonly bandwidthPolicy: readonly BandwidthRule[],
    readonly context: CommandContext,
  ) {}
}

/** Counts when the task next waits for a worker. */
export class UpdateTaskPriority {
  readonly type = 'UpdateTaskPriority';
  constructor(
    readonly projectId: string,
    readonly taskId: string,
    readonly priority: TaskPriority,
    readonly context: CommandContext,
  ) {}
}

/*
 * From the worker. A command under a `take` that is not the newest, or for a task that does not run, changes nothing: the
 * worker sees that no event came of it and lets the task go.
 */

/** A worker wants to run a waiting task. Changes nothing when the task does not wait any more. */
export class TakeTask {
  readonly type = 'TakeTask';
  constructor(
    readonly taskId: string,
    readonly worker: string,
    readonly context: CommandContext,
  ) {}
}

export class BeginTaskRun {
  readonly type = 'BeginTaskRun';
  constructor(
    readonly taskId: string,
    readonly take: number,
    readonly stamp: string,
    readonly destinationTimeMs: number,
    readonly context: CommandContext,
  ) {}
}

export class RecordTaskScan {
  readonly type = 'RecordTaskScan';
  constructor(
    readonly taskId: string,
    readonly take: number,
    readonly totalNum: number,
    readonly totalSize: number,
    readonly context: CommandContext,
  ) {}
}

export interface MigratedPage {
  readonly page: number;
  readonly cursor: string;
  readonly totals: TaskTotals;
  readonly lists: readonly TaskListKind[];
  readonly listErrors?: Readonly<Partial<Record<TaskListKind, string>>>;
}

/** Also while the task pauses: what is done is done. Pages come in order; one that is recorded already changes nothing. */
export class RecordTaskPage {
  readonly type = 'RecordTaskPage';
  constructor(
    readonly taskId: string,
    readonly take: number,
    readonly page: MigratedPage,
    readonly context: CommandContext,
  ) {}
}

export class RecordTaskUpload {
  readonly type = 'RecordTaskUpload';
  constructor(
    readonly taskId: string,
    readonly take: number,
    readonly upload: {
      readonly key: string;
      readonly uploadId: string;
      readonly sourceEtag: string;
      readonly size: number;
      readonly partBytes: number;
    },
    readonly context: CommandContext,
  ) {}
}

export class RecordTaskProgress {
  readonly type = 'RecordTaskProgress';
  constructor(
    readonly taskId: string,
    readonly take: number,
    readonly inFlightSize: number,
    readonly context: CommandContext,
  ) {}
}

/** Nothing of a pausing task is under way any more. */
export class ConfirmTaskPaused {
  readonly type = 'ConfirmTaskPaused';
  constructor(
    readonly taskId: string,
    readonly take: number,
    readonly context: CommandContext,
  ) {}
}

/** The worker stops, or is dead: a migrating task waits again, a pausing one is paused. */
export class ReleaseTask {
  readonly type = 'ReleaseTask';
  constructor(
    readonly taskId: string,
    readonly take: number,
    readonly reason: 'stopping' | 'lost',
    readonly context: CommandContext,
  ) {}
}

export class CompleteTask {
  readonly type = 'CompleteTask';
  constructor(
    readonly taskId: string,
    readonly take: number,
    readonly context: CommandContext,
  ) {}
}

/** `take` 0 is for a task that waited too long: it has no worker. */
export class FailTask {
  readonly type = 'FailTask';
  constructor(
    readonly taskId: string,
    readonly take: number,
    /** TRF.* */
    readonly code: string,
    readonly message: string,
    readonly context: CommandContext,
  ) {}
}

export class RecordTaskNotification {
  readonly type = 'RecordTaskNotification';
  constructor(
    readonly taskId: string,
    readonly run: number,
    readonly delivered: boolean,
    /** OMS.0156 and its neighbours; null when delivered. */
    readonly errorCode: string | null,
    readonly topicUrn: string,
    readonly context: CommandContext,
  ) {}
}

export type TaskCommand =
  | CreateTask
  | StartTask
  | StopTask
  | DeleteTask
  | UpdateTaskBandwidthPolicy
  | UpdateTaskPriority
  | TakeTask
  | BeginTaskRun
  | RecordTaskScan
  | RecordTaskPage
  | RecordTaskUpload
  | RecordTaskProgress
  | ConfirmTaskPaused
  | ReleaseTask
  | CompleteTask
  | FailTask
  | RecordTaskNotification;
