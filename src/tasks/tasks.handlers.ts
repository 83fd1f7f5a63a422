import { Injectable } from '@nestjs/common';
import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { absent, CommandRunner } from '../event-store/command-runner.js';
import {
  BeginTaskRun,
  CompleteTask,
  ConfirmTaskPaused,
  CreateTask,
  DeleteTask,
  FailTask,
  RecordTaskNotification,
  RecordTaskPage,
  RecordTaskProgress,
  RecordTaskScan,
  RecordTaskUpload,
  ReleaseTask,
  StartTask,
  StopTask,
  TakeTask,
  UpdateTaskBandwidthPolicy,
  UpdateTaskPriority,
  type TaskCommand,
} from './task.commands.js';
import { taskDecider } from './task.decider.js';
import { taskStream } from './task.events.js';

/** What a handler answers: what was decided, and the log position behind which a view shows it. */
export interface Executed {
  /** False when there was nothing left to do. */
  readonly changed: boolean;
  readonly position: bigint | undefined;
}

@Injectable()
abstract class TaskHandler {
  constructor(private readonly commands: CommandRunner) {}

  async execute(command: TaskCommand): Promise<Executed> {
    const { events, position } = await this.commands.run(taskDecider, taskStream(command.taskId), command, {
      metadata: command.context,
      // Nearly always the first to name this stream: decide at once, read only when that turns out wrong.
      ...(command.type === 'CreateTask' ? { assume: absent(taskDecider) } : {}),
    });
    return { changed: events.length > 0, position };
  }
}

@CommandHandler(CreateTask)
export class CreateTaskHandler extends TaskHandler implements ICommandHandler<CreateTask, Executed> {}

@CommandHandler(StartTask)
export class StartTaskHandler extends TaskHandler implements ICommandHandler<StartTask, Executed> {}

@CommandHandler(StopTask)
export class StopTaskHandler extends TaskHandler implements ICommandHandler<StopTask, Executed> {}

@CommandHandler(DeleteTask)
export class DeleteTaskHandler extends TaskHandler implements ICommandHandler<DeleteTask, Executed> {}

@CommandHandler(UpdateTaskBandwidthPolicy)
export class UpdateTaskBandwidthPolicyHandler
  extends TaskHandler
  implements ICommandHandler<UpdateTaskBandwidthPolicy, Executed> {}

@CommandHandler(UpdateTaskPriority)
export class UpdateTaskPriorityHandler extends TaskHandler implements ICommandHandler<UpdateTaskPriority, Executed> {}

@CommandHandler(TakeTask)
export class TakeTaskHandler extends TaskHandler implements ICommandHandler<TakeTask, Executed> {}

@CommandHandler(BeginTaskRun)
export class BeginTaskRunHandler extends TaskHandler implements ICommandHandler<BeginTaskRun, Executed> {}

@CommandHandler(RecordTaskScan)
export class RecordTaskScanHandler extends TaskHandler implements ICommandHandler<RecordTaskScan, Executed> {}

@CommandHandler(RecordTaskPage)
export class RecordTaskPageHandler extends TaskHandler implements ICommandHandler<RecordTaskPage, Executed> {}

@CommandHandler(RecordTaskUpload)
export class RecordTaskUploadHandler extends TaskHandler implements ICommandHandler<RecordTaskUpload, Executed> {}

@CommandHandler(RecordTaskProgress)
export class RecordTaskProgressHandler extends TaskHandler implements ICommandHandler<RecordTaskProgress, Executed> {}

@CommandHandler(ConfirmTaskPaused)
export class ConfirmTaskPausedHandler extends TaskHandler implements ICommandHandler<ConfirmTaskPaused, Executed> {}

@CommandHandler(ReleaseTask)
export class ReleaseTaskHandler extends TaskHandler implements ICommandHandler<ReleaseTask, Executed> {}

@CommandHandler(CompleteTask)
export class CompleteTaskHandler extends TaskHandler implements ICommandHandler<CompleteTask, Executed> {}

@CommandHandler(FailTask)
export class FailTaskHandler extends TaskHandler implements ICommandHandler<FailTask, Executed> {}

@CommandHandler(RecordTaskNotification)
export class RecordTaskNotificationHandler
  extends TaskHandler
  implements ICommandHandler<RecordTaskNotification, Executed> {}

export const taskHandlers = [
  CreateTaskHandler,
  StartTaskHandler,
  StopTaskHandler,
  DeleteTaskHandler,
  UpdateTaskBandwidthPolicyHandler,
  UpdateTaskPriorityHandler,
  TakeTaskHandler,
  BeginTaskRunHandler,
  RecordTaskScanHandler,
  RecordTaskPageHandler,
  RecordTaskUploadHandler,
  RecordTaskProgressHandler,
  ConfirmTaskPausedHandler,
  ReleaseTaskHandler,
  CompleteTaskHandler,
  FailTaskHandler,
  RecordTaskNotificationHandler,
];
