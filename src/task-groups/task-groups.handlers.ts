import { Injectable } from '@nestjs/common';
import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { CommandRunner } from '../event-store/command-runner.js';
import {
  BeginGroupPlan,
  CompleteGroupPlan,
  CompleteTaskGroup,
  ConfirmTaskGroupDeleted,
  ConfirmTaskGroupPaused,
  CreateTaskGroup,
  DeleteTaskGroup,
  FailGroupPlan,
  FailTaskGroup,
  RecordGroupPlan,
  RecordGroupTasksTold,
  RecordTaskGroupNotification,
  RetryTaskGroup,
  StartTaskGroup,
  StopTaskGroup,
  UpdateTaskGroupBandwidthPolicy,
  type TaskGroupCommand,
} from './task-group.commands.js';
import { taskGroupDecider } from './task-group.decider.js';
import { taskGroupStream } from './task-group.events.js';

/** What a handler answers: whether anything was decided, and the log position behind which a view shows it. */
export interface TaskGroupExecuted {
  /** False when there was nothing left to do, or the state does not fit any more. */
  readonly changed: boolean;
  readonly position: bigint | undefined;
}

@Injectable()
abstract class TaskGroupHandler {
  constructor(private readonly commands: CommandRunner) {}

  async execute(command: TaskGroupCommand): Promise<TaskGroupExecuted> {
    const stream = taskGroupStream(command.groupId);
    const { events, position } = await this.commands.run(taskGroupDecider, stream, command, {
      metadata: command.context,
    });
    return { changed: events.length > 0, position };
  }
}

@CommandHandler(CreateTaskGroup)
export class CreateTaskGroupHandler
  extends TaskGroupHandler
  implements ICommandHandler<CreateTaskGroup, TaskGroupExecuted> {}

@CommandHandler(StartTaskGroup)
export class StartTaskGroupHandler
  extends TaskGroupHandler
  implements ICommandHandler<StartTaskGroup, TaskGroupExecuted> {}

@CommandHandler(StopTaskGroup)
export class StopTaskGroupHandler
  extends TaskGroupHandler
  implements ICommandHandler<StopTaskGroup, TaskGroupExecuted> {}

@CommandHandler(RetryTaskGroup)
export class RetryTaskGroupHandler
  extends TaskGroupHandler
  implements ICommandHandler<RetryTaskGroup, TaskGroupExecuted> {}

@CommandHandler(DeleteTaskGroup)
export class DeleteTaskGroupHandler
  extends TaskGroupHandler
  implements ICommandHandler<DeleteTaskGroup, TaskGroupExecuted> {}

@CommandHandler(UpdateTaskGroupBandwidthPolicy)
export class UpdateTaskGroupBandwidthPolicyHandler
  extends TaskGroupHandler
  implements ICommandHandler<UpdateTaskGroupBandwidthPolicy, TaskGroupExecuted> {}

@CommandHandler(BeginGroupPlan)
export class BeginGroupPlanHandler
  extends TaskGroupHandler
  implements ICommandHandler<BeginGroupPlan, TaskGroupExecuted> {}

@CommandHandler(RecordGroupPlan)
export class RecordGroupPlanHandler
  extends TaskGroupHandler
  implements ICommandHandler<RecordGroupPlan, TaskGroupExecuted> {}

@CommandHandler(CompleteGroupPlan)
export class CompleteGroupPlanHandler
  extends TaskGroupHandler
  implements ICommandHandler<CompleteGroupPlan, TaskGroupExecuted> {}

@CommandHandler(FailGroupPlan)
export class FailGroupPlanHandler
  extends TaskGroupHandler
  implements ICommandHandler<FailGroupPlan, TaskGroupExecuted> {}

@CommandHandler(RecordGroupTasksTold)
export class RecordGroupTasksToldHandler
  extends TaskGroupHandler
  implements ICommandHandler<RecordGroupTasksTold, TaskGroupExecuted> {}

@CommandHandler(ConfirmTaskGroupPaused)
export class ConfirmTaskGroupPausedHandler
  extends TaskGroupHandler
  implements ICommandHandler<ConfirmTaskGroupPaused, TaskGroupExecuted> {}

@CommandHandler(CompleteTaskGroup)
export class CompleteTaskGroupHandler
  extends TaskGroupHandler
  implements ICommandHandler<CompleteTaskGroup, TaskGroupExecuted> {}

@CommandHandler(FailTaskGroup)
export class FailTaskGroupHandler
  extends TaskGroupHandler
  implements ICommandHandler<FailTaskGroup, TaskGroupExecuted> {}

@CommandHandler(ConfirmTaskGroupDeleted)
export class ConfirmTaskGroupDeletedHandler
  extends TaskGroupHandler
  implements ICommandHandler<ConfirmTaskGroupDeleted, TaskGroupExecuted> {}

@CommandHandler(RecordTaskGroupNotification)
export class RecordTaskGroupNotificationHandler
  extends TaskGroupHandler
  implements ICommandHandler<RecordTaskGroupNotification, TaskGroupExecuted> {}

export const taskGroupHandlers = [
  CreateTaskGroupHandler,
  StartTaskGroupHandler,
  StopTaskGroupHandler,
  RetryTaskGroupHandler,
  DeleteTaskGroupHandler,
  UpdateTaskGroupBandwidthPolicyHandler,
  BeginGroupPlanHandler,
  RecordGroupPlanHandler,
  CompleteGroupPlanHandler,
  FailGroupPlanHandler,
  RecordGroupTasksToldHandler,
  ConfirmTaskGroupPausedHandler,
  CompleteTaskGroupHandler,
  FailTaskGroupHandler,
  ConfirmTaskGroupDeletedHandler,
  RecordTaskGroupNotificationHandler,
];
