import type { DomainEvent } from '../kernel/domain-event.js';
import type { BandwidthRule, GroupPiece, TaskCredentials, TaskSettings } from '../tasks/task.settings.js';

/** Waits to be split into tasks. The task type is `prefix`, `list` or `url_list`. */
export type TaskGroupCreated = DomainEvent<
  'TaskGroupCreated',
  {
    projectId: string;
    groupId: string;
    settings: TaskSettings;
    credentials: TaskCredentials;
    bandwidthPolicy: readonly BandwidthRule[];
    at: string;
  }
>;

/** A worker splits it from now on, or goes on where splitting was cut off. */
export type TaskGroupPlanBegan = DomainEvent<'TaskGroupPlanBegan', { groupId: string; at: string }>;

/** One task's part of the source is cut off; the task is made after this is recorded. */
export type TaskGroupPlanned = DomainEvent<
  'TaskGroupPlanned',
  {
    groupId: string;
    /** From 1. */
    chunk: number;
    taskId: string;
    piece: GroupPiece;
    /** Where planning goes on after this part; only the planner can read it. */
    cursor: string;
    /** Of all parts so far. */
    plannedNum: number;
    plannedSize: number;
    at: string;
  }
>;

/** All of the source is in a task. */
export type TaskGroupPlanCompleted = DomainEvent<
  'TaskGroupPlanCompleted',
  { groupId: string; tasks: number; plannedNum: number; plannedSize: number; at: string }
>;
/** Splitting it failed; `code` is one of TRF.*. */
export type TaskGroupPlanFailed = DomainEvent<
  'TaskGroupPlanFailed',
  { groupId: string; code: string; message: string; at: string }
>;
export type TaskGroupPausing = DomainEvent<'TaskGroupPausing', { groupId: string; at: string }>;
export type TaskGroupPaused = DomainEvent<'TaskGroupPaused', { groupId: string; at: string }>;
export type TaskGroupStarted = DomainEvent<
  'TaskGroupStarted',
  { groupId: string; credentials: TaskCredentials; at: string }
>;
/** Its failed tasks start again, with all their objects or those that failed. */
export type TaskGroupRetried = DomainEvent<
  'TaskGroupRetried',
  { groupId: string; credentials: TaskCredentials; failedOnly: boolean; at: string }
>;
export type TaskGroupCompleted = DomainEvent<'TaskGroupCompleted', { groupId: string; at: string }>;
export type TaskGroupFailed = DomainEvent<
  'TaskGroupFailed',
  { groupId: string; code: string; message: string; at: string }
>;
export type TaskGroupDeletionRequested = DomainEvent<'TaskGroupDeletionRequested', { groupId: string; at: string }>;
export type TaskGroupDeleted = DomainEvent<'TaskGroupDeleted', { groupId: string; at: string }>;
export type TaskGroupBandwidthPolicyUpdated = DomainEvent<
  'TaskGroupBandwidthPolicyUpdated',
  { groupId: string; bandwidthPolicy: readonly BandwidthRule[]; at: string }
>;

/** Its tasks know of all orders (starts, retries, new traffic rules) up to this one, counted from 1. */
export type TaskGroupTasksTold = DomainEvent<'TaskGroupTasksTold', { groupId: string; orders: number; at: string }>;
export type TaskGroupNotified = DomainEvent<
  'TaskGroupNotified',
  { groupId: string; delivered: boolean; errorCode: string | null; topicUrn: string; at: string }
>;

export type TaskGroupEvent =
  | TaskGroupCreated
  | TaskGroupPlanBegan
  | TaskGroupPlanned
  | TaskGroupPlanCompleted
  | TaskGroupPlanFailed
  | TaskGroupPausing
  | TaskGroupPaused
  | TaskGroupStarted
  | TaskGroupRetried
  | TaskGroupCompleted
  | TaskGroupFailed
  | TaskGroupDeletionRequested
  | TaskGroupDeleted
  | TaskGroupBandwidthPolicyUpdated
  | TaskGroupTasksTold
  | TaskGroupNotified;

export const TASK_GROUP_STREAMS = 'taskGroup-';
export const taskGroupStream = (groupId: string): string => TASK_GROUP_STREAMS + groupId;
