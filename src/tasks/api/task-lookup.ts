import { Injectable } from '@nestjs/common';
import { CommandRunner } from '../../event-store/command-runner.js';
import { ProjectionHost } from '../../projections/projection-host.js';
import { taskDecider, type Task } from '../task.decider.js';
import { taskNotFound } from '../task.errors.js';
import { taskStream } from '../task.events.js';
import { isTaskId } from '../task-id.js';
import { TaskLimits } from './task-limits.js';
import { TaskQueries } from '../task-queries.js';
import type { TaskRow } from '../task-view.row.js';

/**
 * Finds tasks for the API. This node's view answers; where it shows no such task, the stream is asked too: another process may
 * have written it a moment ago. Rejects with `EventStoreUnavailable` when it cannot.
 */
@Injectable()
export class TaskLookup {
  constructor(
    private readonly tasks: TaskQueries,
    private readonly commands: CommandRunner,
    private readonly projections: ProjectionHost,
    private readonly limits: TaskLimits,
  ) {}

  /** Throws TASK_NOT_FOUND. */
  async get(projectId: string, taskId: string): Promise<TaskRow> {
    const row = await this.find(projectId, taskId);
    if (row === undefined) throw taskNotFound(taskId);
    return row;
  }

  /** Undefined for what is not the id of a task, or of a task of another project. */
  async find(projectId: string, taskId: string): Promise<TaskRow | undefined> {
    if (!isTaskId(taskId)) return undefined;
    const shown = this.tasks.find(projectId, taskId);
    if (shown !== undefined) return shown;
    const stream = taskStream(taskId);
    const { state, position } = await this.commands.load(taskDecider, stream);
    if (!isOf(projectId, state)) return undefined;
    if (position !== undefined) await this.projections.passed(stream, position, this.limits.readYourWritesMs);
    return this.tasks.find(projectId, taskId);
  }
}

const isOf = (projectId: string, task: Task): boolean =>
  task.status !== 'absent' && task.status !== 'deleted' && task.projectId === projectId;
