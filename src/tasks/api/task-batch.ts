import { Injectable } from '@nestjs/common';
import { OmsError } from '../../kernel/oms-error.js';
import type { CommandContext } from '../../sync-tasks/sync-task.commands.js';
import { GroupHistory } from '../group-history.js';
import { UpdateTaskBandwidthPolicy, UpdateTaskPriority } from '../task.commands.js';
import { illegalOperation, noTaskGroupToOperate, noTaskToOperate } from '../task.errors.js';
import { STATUS_NUMBER } from '../task.legal-operations.js';
import type { BandwidthRule, TaskPriority } from '../task.settings.js';
import { TaskLookup } from './task-lookup.js';
import { TaskOperations } from './task-operations.js';
import { TaskQueries } from '../task-queries.js';

/** Tasks that are changed at once. */
const ABREAST = 8;

export interface TaskChanges {
  readonly bandwidthPolicy: readonly BandwidthRule[];
  /** Absent: stays as it is. */
  readonly priority?: TaskPriority | undefined;
}

/** Many tasks changed by one call. */
@Injectable()
export class TaskBatch {
  constructor(
    private readonly operations: TaskOperations,
    private readonly lookup: TaskLookup,
    private readonly tasks: TaskQueries,
    private readonly groups: GroupHistory,
  ) {}

  /** Throws NO_TASK_TO_OPERATE or BANDWIDTH_NOT_UPDATABLE before anything is changed. */
  async updateTasks(
    projectId: string,
    taskIds: readonly string[],
    changes: TaskChanges,
    context: CommandContext,
  ): Promise<void> {
    const distinct = [...new Set(taskIds)];
    for (const taskId of distinct) {
      const row = await this.lookup.find(projectId, taskId);
      if (row === undefined) throw noTaskToOperate(taskId);
      if (row.status === STATUS_NUMBER.succeeded) throw illegalOperation('BANDWIDTH_NOT_UPDATABLE', taskId);
    }
    await this.each(distinct, (taskId) => this.update(projectId, taskId, changes, context));
  }

  /** All tasks of a group but those that are complete. Throws NO_TASK_GROUP_TO_OPERATE. */
  async updateGroup(projectId: string, groupId: string, changes: TaskChanges, context: CommandContext): Promise<void> {
    if (!(await this.groups.exists(projectId, groupId))) throw noTaskGroupToOperate(groupId);
    await this.each(this.tasks.tasksOfGroup(groupId), async (taskId) => {
      try {
        await this.update(projectId, taskId, changes, context);
      } catch (error) {
        if (!(error instanceof OmsError)) throw error; // complete, or gone: nothing of it is left to change
      }
    });
  }

  private async update(
    projectId: string,
    taskId: string,
    { bandwidthPolicy, priority }: TaskChanges,
    context: CommandContext,
  ): Promise<void> {
    await this.operations.execute(new UpdateTaskBandwidthPolicy(projectId, taskId, bandwidthPolicy, context));
    if (priority !== undefined)
      await this.operations.execute(new UpdateTaskPriority(projectId, taskId, priority, context));
  }

  private async each(taskIds: readonly string[], work: (taskId: string) => Promise<void>): Promise<void> {
    for (let start = 0; start < taskIds.length; start += ABREAST)
      await Promise.all(taskIds.slice(start, start + ABREAST).map(work));
  }
}
