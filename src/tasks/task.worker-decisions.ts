import { assertNever } from '../kernel/assert-never.js';
import type {
  BeginTaskRun,
  CompleteTask,
  ConfirmTaskPaused,
  FailTask,
  RecordTaskNotification,
  RecordTaskPage,
  RecordTaskProgress,
  RecordTaskScan,
  RecordTaskUpload,
  ReleaseTask,
  TakeTask,
} from './task.commands.js';
import type { TaskEvent } from './task.events.js';
import { SOME_OBJECTS_FAILED, type KnownTask, type Task } from './task.state.js';

type FencedCommand =
  | BeginTaskRun
  | RecordTaskScan
  | RecordTaskPage
  | RecordTaskUpload
  | RecordTaskProgress
  | ConfirmTaskPaused
  | ReleaseTask
  | CompleteTask;

/** What workers say of the tasks they run. */
export type WorkerCommand = FencedCommand | TakeTask | FailTask | RecordTaskNotification;

type RunningTask = { readonly status: 'migrating' | 'pausing' } & KnownTask;

const isRunning = (task: Task): task is RunningTask => task.status === 'migrating' || task.status === 'pausing';

/** Never refuses: what comes too late, or from a worker that has lost the task, has no events. */
export function decideForWorker(command: WorkerCommand, task: Task, at: string): readonly TaskEvent[] {
  if (task.status === 'absent' || task.status === 'deleted') return [];
  const { taskId } = command;
  switch (command.type) {
    case 'TakeTask': {
      const { worker } = command;
      return task.status === 'waiting'
        ? [{ type: 'TaskTaken', data: { taskId, worker, take: task.take + 1, at } }]
        : [];
    }
    case 'RecordTaskNotification': {
      const { run, delivered, errorCode, topicUrn } = command;
      if (run <= task.notifiedRun || run > task.run.number) return [];
      return [{ type: 'TaskNotified', data: { taskId, run, delivered, errorCode, topicUrn, at } }];
    }
    case 'FailTask': {
      // A waiting task has no worker to speak for it; whoever looks after them says that it waited too long.
      const mayFail = command.take === 0 ? task.status === 'waiting' : isRunning(task) && task.take === command.take;
      return mayFail ? [failed(taskId, command.code, command.message, at)] : [];
    }
    default:
      return isRunning(task) && task.take === command.take ? record(command, task, at) : [];
  }
}

function record(command: FencedCommand, task: RunningTask, at: string): readonly TaskEvent[] {
  const { taskId } = command;
  const { run } = task;
  switch (command.type) {
    case 'BeginTaskRun': {
      const { stamp, destinationTimeMs } = command;
      if (run.began !== undefined) return [];
      return [{ type: 'TaskRunBegan', data: { taskId, run: run.number, stamp, destinationTimeMs, at } }];
    }
    case 'RecordTaskScan': {
      const { totalNum, totalSize } = command;
      return run.scan === undefined ? [{ type: 'TaskScanned', data: { taskId, totalNum, totalSize, at } }] : [];
    }
    case 'RecordTaskPage':
      return run.began !== undefined && command.page.page === run.page + 1
        ? [{ type: 'TaskPageMigrated', data: { taskId, ...command.page, at } }]
        : [];
    case 'RecordTaskUpload':
      return run.uploads.get(command.upload.key)?.uploadId === command.upload.uploadId
        ? []
        : [{ type: 'TaskUploadBegan', data: { taskId, ...command.upload, at } }];
    case 'RecordTaskProgress':
      return [{ type: 'TaskProgressed', data: { taskId, inFlightSize: command.inFlightSize, at } }];
    case 'ConfirmTaskPaused':
      return task.status === 'pausing' ? [{ type: 'TaskPaused', data: { taskId, at } }] : [];
    case 'ReleaseTask':
      return task.status === 'pausing'
        ? [{ type: 'TaskPaused', data: { taskId, at } }]
        : [{ type: 'TaskReleased', data: { taskId, reason: command.reason, at } }];
    case 'CompleteTask':
      return [completed(taskId, task, at)];
    default:
      return assertNever(command);
  }
}

/** A run that is through, with failed objects, has failed: what is missing must not look migrated. */
function completed(taskId: string, { run }: RunningTask, at: string): TaskEvent {
  const { failedNum } = run.totals;
  if (failedNum === 0) return { type: 'TaskSucceeded', data: { taskId, at } };
  return failed(
    taskId,
    SOME_OBJECTS_FAILED,
    `${failedNum} ${failedNum === 1 ? 'object' : 'objects'} could not be migrated`,
    at,
  );
}

const failed = (taskId: string, code: string, message: string, at: string): TaskEvent => ({
  type: 'TaskFailed',
  data: { taskId, code, message, at },
});
