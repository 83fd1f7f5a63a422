import type { CommandContext } from '../sync-tasks/sync-task.commands.js';
import type { BandwidthRule, GroupPiece, TaskCredentials, TaskSettings } from '../tasks/task.settings.js';

export class CreateTaskGroup {
  readonly type = 'CreateTaskGroup';
  constructor(
    readonly projectId: string,
    readonly groupId: string,
    readonly settings: TaskSettings,
    readonly credentials: TaskCredentials,
    readonly bandwidthPolicy: readonly BandwidthRule[],
    readonly context: CommandContext,
  ) {}
}

/** Resumes a paused group. */
export class StartTaskGroup {
  readonly type = 'StartTaskGroup';
  constructor(
    readonly projectId: string,
    readonly groupId: string,
    readonly credentials: TaskCredentials,
    readonly context: CommandContext,
  ) {}
}

export class StopTaskGroup {
  readonly type = 'StopTaskGroup';
  constructor(
    readonly projectId: string,
    readonly groupId: string,
    readonly context: CommandContext,
  ) {}
}

/** Splits on where that failed, and starts the failed tasks again: all their objects, or those that failed. */
export class RetryTaskGroup {
  readonly type = 'RetryTaskGroup';
  constructor(
    readonly projectId: string,
    readonly groupId: string,
    /** Null keeps those it has. */
    readonly credentials: TaskCredentials | null,
    readonly failedOnly: boolean,
    readonly context: CommandContext,
  ) {}
}

export class DeleteTaskGroup {
  readonly type = 'DeleteTaskGroup';
  constructor(
    readonly projectId: string,
    readonly groupId: string,
    readonly context: CommandContext,
  ) {}
}

/** Every task of the group gets these rules: they bound each task, not their sum. */
export class UpdateTaskGroupBandwidthPolicy {
  readonly type = 'UpdateTaskGroupBandwidthPolicy';
  constructor(
    readonly projectId: string,
    readonly groupId: string,
    readonly bandwidthPolicy: readonly BandwidthRule[],
    readonly context: CommandContext,
  ) {}
}

/*
 * From the worker. A command that does not fit the state any more changes nothing: the worker sees that no event came of it
 * and looks again.
 */

export class BeginGroupPlan {
  readonly type = 'BeginGroupPlan';
  constructor(
    readonly groupId: string,
    readonly context: CommandContext,
  ) {}
}

/** The next part is cut off. Parts come in order; one that is recorded already changes nothing. */
export class RecordGroupPlan {
  readonly type = 'RecordGroupPlan';
  constructor(
    readonly groupId: string,
    readonly part: {
      /** From 1. */
      readonly chunk: number;
      readonly taskId: string;
      readonly piece: GroupPiece;
      readonly cursor: string;
    },
    readonly context: CommandContext,
  ) {}
}

/** All of the source is in a task. */
export class CompleteGroupPlan {
  readonly type = 'CompleteGroupPlan';
  constructor(
    readonly groupId: string,
    readonly context: CommandContext,
  ) {}
}

export class FailGroupPlan {
  readonly type = 'FailGroupPlan';
  constructor(
    readonly groupId: string,
    /** TRF.* */
    readonly code: string,
    readonly message: string,
    readonly context: CommandContext,
  ) {}
}

/** The tasks were told of all orders up to this one. */
export class RecordGroupTasksTold {
  readonly type = 'RecordGroupTasksTold';
  constructor(
    readonly groupId: string,
    readonly orders: number,
    readonly context: CommandContext,
  ) {}
}

/** None of its tasks runs any more. */
export class ConfirmTaskGroupPaused {
  readonly type = 'ConfirmTaskGroupPaused';
  constructor(
    readonly groupId: string,
    readonly context: CommandContext,
  ) {}
}

export class CompleteTaskGroup {
  readonly type = 'CompleteTaskGroup';
  constructor(
    readonly groupId: string,
    readonly context: CommandContext,
  ) {}
}

export class FailTaskGroup {
  readonly type = 'FailTaskGroup';
  constructor(
    readonly groupId: string,
    /** TRF.* */
    readonly code: string,
    readonly message: string,
    readonly context: CommandContext,
  ) {}
}

/** Its tasks, files and keys are gone. */
export class ConfirmTaskGroupDeleted {
  readonly type = 'ConfirmTaskGroupDeleted';
  constructor(
    readonly groupId: string,
    readonly context: CommandContext,
  ) {}
}

export class RecordTaskGroupNotification {
  readonly type = 'RecordTaskGroupNotification';
  constructor(
    readonly groupId: string,
    readonly delivered: boolean,
    /** OMS.0156 and its neighbours; null when delivered. */
    readonly errorCode: string | null,
    readonly topicUrn: string,
    readonly context: CommandContext,
  ) {}
}

/** What a caller of the API may ask for. */
export type TaskGroupRequest =
  CreateTaskGroup | StartTaskGroup | StopTaskGroup | RetryTaskGroup | DeleteTaskGroup | UpdateTaskGroupBandwidthPolicy;

/** What the worker reports. */
export type TaskGroupReport =
  | BeginGroupPlan
  | RecordGroupPlan
  | CompleteGroupPlan
  | FailGroupPlan
  | RecordGroupTasksTold
  | ConfirmTaskGroupPaused
  | CompleteTaskGroup
  | FailTaskGroup
  | ConfirmTaskGroupDeleted
  | RecordTaskGroupNotification;

export type TaskGroupCommand = TaskGroupRequest | TaskGroupReport;
