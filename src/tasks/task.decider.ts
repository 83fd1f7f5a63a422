import { isDeepStrictEqual } from 'node:util';
import { assertNever } from '../kernel/assert-never.js';
import type { Decider } from '../kernel/decider.js';
import type {
  DeleteTask,
  StartTask,
  StopTask,
  TaskCommand,
  UpdateTaskBandwidthPolicy,
  UpdateTaskPriority,
} from './task.commands.js';
import {
  failedListIncomplete,
  illegalOperation,
  noFailedObjects,
  noTaskToOperate,
  remainderComesFirst,
  taskBelongsToGroup,
} from './task.errors.js';
import type { TaskCreated, TaskEvent } from './task.events.js';
import { LEGAL_OPERATIONS, type TaskOperation, type TaskStatus } from './task.legal-operations.js';
import { evolveTask, wentThrough, type KnownTask, type Task } from './task.state.js';
import { decideForWorker, type WorkerCommand } from './task.worker-decisions.js';

export { LEGAL_OPERATIONS } from './task.legal-operations.js';
export type { KnownTask, Task } from './task.state.js';

type ApiCommand = StartTask | StopTask | DeleteTask | UpdateTaskBandwidthPolicy | UpdateTaskPriority;
type LiveTask = { readonly status: TaskStatus } & KnownTask;

const OPERATION = {
  StartTask: 'start',
  StopTask: 'stop',
  DeleteTask: 'delete',
  UpdateTaskBandwidthPolicy: 'updateBandwidthPolicy',
  UpdateTaskPriority: 'updatePriority',
} as const satisfies Record<ApiCommand['type'], TaskOperation>;

/** The life of a migration task: it waits, is migrated by the worker that took it, and ends, or is paused on the way. */
export const taskDecider: Decider<Task, TaskCommand, TaskEvent> = {
  initialState: () => ({ status: 'absent' }),
  evolve: evolveTask,

  decide: (command, task, { now: at }) => {
    if (command.type === 'CreateTask') {
      if (task.status !== 'absent') return []; // same id again: already done
      const { projectId, taskId } = command;
      const created: TaskCreated = { type: 'TaskCreated', data: { projectId, taskId, ...command.task, at } };
      return [created];
    }
    if (isFromWorker(command)) return decideForWorker(command, task, at);
    // A task of another project is as unknown as one that never was: its existence is not this caller's business.
    if (task.status === 'absent' || task.status === 'deleted' || task.projectId !== command.projectId)
      throw noTaskToOperate(command.taskId);
    return decideForCaller(command, { ...task, status: task.status }, at);
  },
};

const isFromWorker = (command: Exclude<TaskCommand, { type: 'CreateTask' }>): command is WorkerCommand =>
  !(command.type in OPERATION);

function decideForCaller(command: ApiCommand, task: LiveTask, at: string): readonly TaskEvent[] {
  const { taskId } = command;
  const legality = LEGAL_OPERATIONS[OPERATION[command.type]][task.status];
  if (legality !== 'legal') throw illegalOperation(legality, taskId);
  switch (command.type) {
    case 'StartTask':
      return [start(command, task, at)];
    case 'StopTask':
      return [{ type: task.status === 'waiting' ? 'TaskPaused' : 'TaskPausing', data: { taskId, at } }];
    case 'DeleteTask':
      if (task.groupId !== null && !command.byGroup) throw taskBelongsToGroup(taskId, task.groupId);
      return [{ type: 'TaskDeleted', data: { taskId, at } }];
    case 'UpdateTaskBandwidthPolicy': {
      const { bandwidthPolicy } = command;
      if (isDeepStrictEqual(bandwidthPolicy, task.bandwidthPolicy)) return [];
      return [{ type: 'TaskBandwidthPolicyUpdated', data: { taskId, bandwidthPolicy, at } }];
    }
    case 'UpdateTaskPriority': {
      const { priority } = command;
      return priority === task.priority ? [] : [{ type: 'TaskPriorityUpdated', data: { taskId, priority, at } }];
    }
    default:
      return assertNever(command);
  }
}

function start({ taskId, credentials, failedOnly }: StartTask, task: LiveTask, at: string): TaskEvent {
  const { number } = task.run;
  if (task.status === 'paused') {
    if (failedOnly) throw remainderComesFirst(taskId);
    return { type: 'TaskStarted', data: { taskId, credentials, mode: 'resume', run: number, at } };
  }
  if (failedOnly) assertFailedListsSuffice(taskId, task);
  return {
    type: 'TaskStarted',
    data: { taskId, credentials, mode: failedOnly ? 'failed' : 'all', run: number + 1, at },
  };
}

/** Going through the failed lists must leave nothing out; else the task would end as succeeded with objects missing. */
function assertFailedListsSuffice(taskId: string, { run, settings }: LiveTask): void {
  if (!settings.recordFailedObjects) throw noFailedObjects(taskId);
  if (run.mode === 'failed' && !wentThrough(run)) return; // made again, from the lists it began with
  if (run.failedPages === undefined && !run.failedListBroken) throw noFailedObjects(taskId);
  if (run.failedListBroken || !wentThrough(run)) throw failedListIncomplete(taskId);
}
