import { Injectable } from '@nestjs/common';
import { CommandRunner } from '../event-store/command-runner.js';
import { ProjectionHost } from '../projections/projection-host.js';
import { taskGroupDecider } from './task-group.decider.js';
import { taskGroupNotFound } from './task-group.errors.js';
import { taskGroupStream } from './task-group.events.js';
import { TaskGroupLimits } from './task-group-limits.js';
import type { TaskGroup } from './task-group.state.js';
import type { TaskGroupRow } from './task-group-view.projection.js';
import { TaskGroupQueries } from './task-groups.queries.js';

/**
 * Finds task groups for the API. This node's view answers; where it shows no such group, the stream is asked too: another
 * process may have written it a moment ago. Rejects with `EventStoreUnavailable` when it cannot.
 */
@Injectable()
export class TaskGroupLookup {
  constructor(
    private readonly groups: TaskGroupQueries,
    private readonly commands: CommandRunner,
    private readonly projections: ProjectionHost,
    private readonly limits: TaskGroupLimits,
  ) {}

  /** Throws TASK_GROUP_NOT_FOUND. */
  async get(projectId: string, groupId: string): Promise<TaskGroupRow> {
    const shown = this.groups.find(projectId, groupId);
    if (shown !== undefined) return shown;
    const stream = taskGroupStream(groupId);
    const { state, position } = await this.commands.load(taskGroupDecider, stream);
    if (!isOf(projectId, state)) throw taskGroupNotFound(groupId);
    if (position !== undefined) await this.projections.passed(stream, position, this.limits.readYourWritesMs);
    const row = this.groups.find(projectId, groupId);
    if (row === undefined) throw taskGroupNotFound(groupId);
    return row;
  }
}

const isOf = (projectId: string, group: TaskGroup): boolean =>
  group.status !== 'absent' && group.status !== 'deleted' && group.projectId === projectId;
