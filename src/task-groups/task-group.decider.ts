import { assertNever } from '../kernel/assert-never.js';
import type { Decider } from '../kernel/decider.js';
import type { OmsError } from '../kernel/oms-error.js';
import type { TaskGroupCommand, TaskGroupReport, TaskGroupRequest } from './task-group.commands.js';
import {
  taskGroupNotDeletable,
  taskGroupNotExecuting,
  taskGroupNotFailed,
  taskGroupNotFound,
  taskGroupNotPaused,
  taskGroupNotUpdatable,
} from './task-group.errors.js';
import type { TaskGroupEvent } from './task-group.events.js';
import { evolveTaskGroup, type KnownTaskGroup, type TaskGroup, type TaskGroupStatus } from './task-group.state.js';

type Operation = Exclude<TaskGroupRequest['type'], 'CreateTaskGroup'>;

/** The states in which an operation is legal, and how it is refused in all others. */
export const LEGAL_OPERATIONS: {
  readonly [O in Operation]: {
    readonly in: readonly TaskGroupStatus[];
    readonly refusal: (groupId: string) => OmsError;
  };
} = {
  StopTaskGroup: { in: ['waiting', 'planning', 'monitoring'], refusal: taskGroupNotExecuting },
  StartTaskGroup: { in: ['paused'], refusal: taskGroupNotPaused },
  RetryTaskGroup: { in: ['plan-failed', 'failed'], refusal: taskGroupNotFailed },
  DeleteTaskGroup: { in: ['paused', 'plan-failed', 'failed', 'completed'], refusal: taskGroupNotDeletable },
  UpdateTaskGroupBandwidthPolicy: {
    in: ['waiting', 'planning', 'monitoring', 'paused', 'plan-failed', 'failed', 'pausing'],
    refusal: taskGroupNotUpdatable,
  },
};

/** The life of a task group: it is split, its tasks run, and what becomes of them is what becomes of it. */
export const taskGroupDecider: Decider<TaskGroup, TaskGroupCommand, TaskGroupEvent> = {
  initialState: () => ({ status: 'absent' }),
  evolve: evolveTaskGroup,

  decide: (command, group, { now }) => {
    if (command.type === 'CreateTaskGroup') {
      if (group.status !== 'absent') return []; // same id again: already done
      const { projectId, groupId, settings, credentials, bandwidthPolicy } = command;
      const data = { projectId, groupId, settings, credentials, bandwidthPolicy, at: now };
      return [{ type: 'TaskGroupCreated', data }];
    }
    if (!isRequest(command)) return group.status === 'absent' ? [] : report(command, group, now);
    // A group of another project is as unknown as one that never was: its existence is not this caller's business.
    if (group.status === 'absent' || group.status === 'deleted' || group.projectId !== command.projectId)
      throw taskGroupNotFound(command.groupId);
    const { in: legal, refusal } = LEGAL_OPERATIONS[command.type];
    if (!legal.includes(group.status)) throw refusal(command.groupId);
    return request(command, group, now);
  },
};

const isRequest = (
  command: Exclude<TaskGroupCommand, { type: 'CreateTaskGroup' }>,
): command is Extract<TaskGroupRequest, { type: Operation }> => Object.hasOwn(LEGAL_OPERATIONS, command.type);

function request(
  command: Extract<TaskGroupRequest, { type: Operation }>,
  group: KnownTaskGroup,
  at: string,
): readonly TaskGroupEvent[] {
  const { groupId } = command;
  switch (command.type) {
    case 'StartTaskGroup':
      return [{ type: 'TaskGroupStarted', data: { groupId, credentials: command.credentials, at } }];
    case 'StopTaskGroup':
      // Nothing of it is under way before its first part is cut off.
      if (group.status === 'waiting' && group.chunks === 0) return [{ type: 'TaskGroupPaused', data: { groupId, at } }];
      return [{ type: 'TaskGroupPausing', data: { groupId, at } }];
    case 'RetryTaskGroup': {
      const { failedOnly, credentials } = command;
      const data = { groupId, credentials: credentials ?? group.credentials, failedOnly, at };
      return [{ type: 'TaskGroupRetried', data }];
    }
    case 'DeleteTaskGroup':
      return [{ type: 'TaskGroupDeletionRequested', data: { groupId, at } }];
    case 'UpdateTaskGroupBandwidthPolicy': {
      const { bandwidthPolicy } = command;
      return [{ type: 'TaskGroupBandwidthPolicyUpdated', data: { groupId, bandwidthPolicy, at } }];
    }
    default:
      return assertNever(command);
  }
}

function report(command: TaskGroupReport, group: KnownTaskGroup, at: string): readonly TaskGroupEvent[] {
  const { groupId } = command;
  switch (command.type) {
    case 'RecordGroupTasksTold':
      if (!group.orders.some(({ number }) => number <= command.orders)) return [];
      return [{ type: 'TaskGroupTasksTold', data: { groupId, orders: command.orders, at } }];
    case 'ConfirmTaskGroupPaused':
      return group.status === 'pausing' ? [{ type: 'TaskGroupPaused', data: { groupId, at } }] : [];
    case 'CompleteTaskGroup':
      return isSettled(group) ? [{ type: 'TaskGroupCompleted', data: { groupId, at } }] : [];
    case 'FailTaskGroup': {
      const { code, message } = command;
      return isSettled(group) ? [{ type: 'TaskGroupFailed', data: { groupId, code, message, at } }] : [];
    }
    case 'ConfirmTaskGroupDeleted':
      return group.status === 'deleting' ? [{ type: 'TaskGroupDeleted', data: { groupId, at } }] : [];
    case 'RecordTaskGroupNotification': {
      const { delivered, errorCode, topicUrn } = command;
      if (group.status === 'deleted') return [];
      return [{ type: 'TaskGroupNotified', data: { groupId, delivered, errorCode, topicUrn, at } }];
    }
    default:
      return plan(command, group, at);
  }
}

type PlanReport = Extract<
  TaskGroupReport,
  { type: 'BeginGroupPlan' | 'RecordGroupPlan' | 'CompleteGroupPlan' | 'FailGroupPlan' }
>;

function plan(command: PlanReport, group: KnownTaskGroup, at: string): readonly TaskGroupEvent[] {
  const { groupId } = command;
  if (command.type === 'BeginGroupPlan')
    return group.status === 'waiting' ? [{ type: 'TaskGroupPlanBegan', data: { groupId, at } }] : [];
  if (group.status !== 'planning') return [];
  switch (command.type) {
    case 'RecordGroupPlan': {
      const { part } = command;
      if (part.chunk !== group.chunks + 1) return [];
      const { objects } = part.piece;
      const plannedNum = group.plannedNum + objects;
      const plannedSize = group.plannedSize + (part.piece.kind === 'manifest' ? part.piece.bytes : 0);
      return [{ type: 'TaskGroupPlanned', data: { groupId, ...part, plannedNum, plannedSize, at } }];
    }
    case 'CompleteGroupPlan': {
      const { chunks: tasks, plannedNum, plannedSize } = group;
      // A group without tasks would never end: whoever plans fails it instead.
      if (tasks === 0) return [];
      return [{ type: 'TaskGroupPlanCompleted', data: { groupId, tasks, plannedNum, plannedSize, at } }];
    }
    case 'FailGroupPlan': {
      const { code, message } = command;
      return [{ type: 'TaskGroupPlanFailed', data: { groupId, code, message, at } }];
    }
    default:
      return assertNever(command);
  }
}

/** Its tasks run or have ended, and none has to be told to start first. */
const isSettled = ({ status, orders }: KnownTaskGroup): boolean =>
  status === 'monitoring' && orders.every(({ kind }) => kind === 'bandwidth');
