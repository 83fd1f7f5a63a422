import { Injectable } from '@nestjs/common';
import { CommandRunner } from '../event-store/command-runner.js';
import { ProjectionHost } from '../projections/projection-host.js';
import { syncTaskDecider, type SyncTask } from './sync-task.decider.js';
import { syncServiceBusy, syncTaskNotFound, syncTaskNotStarted } from './sync-task.errors.js';
import { syncTaskStream } from './sync-task.events.js';
import type { SyncTaskRow } from './sync-task-view.projection.js';
import { SyncTaskLimits } from './sync-task-limits.js';
import { SyncTaskQueries } from './sync-tasks.queries.js';

/**
 * Finds tasks for the API. This node's view answers; where it shows no such task, or not in the state that is asked for, the
 * stream is asked too: another process may have written it a moment ago. Rejects with `EventStoreUnavailable` when it cannot.
 */
@Injectable()
export class SyncTaskLookup {
  constructor(
    private readonly tasks: SyncTaskQueries,
    private readonly commands: CommandRunner,
    private readonly projections: ProjectionHost,
    private readonly limits: SyncTaskLimits,
  ) {}

  async exists(projectId: string, syncTaskId: string): Promise<boolean> {
    return this.tasks.find(projectId, syncTaskId) !== undefined || isOf(projectId, (await this.load(syncTaskId)).state);
  }

  /** Throws SYNC_TASK_NOT_FOUND. */
  async get(projectId: string, syncTaskId: string): Promise<SyncTaskRow> {
    const shown = this.tasks.find(projectId, syncTaskId);
    if (shown !== undefined) return shown;
    const { state, position } = await this.load(syncTaskId);
    if (!isOf(projectId, state)) throw syncTaskNotFound(syncTaskId);
    const stream = syncTaskStream(syncTaskId);
    if (position !== undefined) await this.projections.passed(stream, position, this.limits.readYourWritesMs);
    const row = this.tasks.find(projectId, syncTaskId);
    if (row === undefined) throw syncTaskNotFound(syncTaskId);
    return row;
  }

  /**
   * Resolves when the task takes events. Throws SYNC_TASK_NOT_FOUND, SYNC_TASK_NOT_SYNCHRONIZING, or SERVICE_BUSY where this
   * node no longer sees what becomes of its tasks.
   */
  async takesEvents(projectId: string, syncTaskId: string): Promise<void> {
    if (this.projections.isFailing(syncTaskStream(syncTaskId)))
      throw syncServiceBusy(new Error('The views of this process cannot follow the event store'));
    if (this.tasks.find(projectId, syncTaskId)?.status === 'SYNCHRONIZING') return;
    const { state } = await this.load(syncTaskId);
    if (!isOf(projectId, state)) throw syncTaskNotFound(syncTaskId);
    if (state.status !== 'synchronizing') throw syncTaskNotStarted(syncTaskId);
  }

  private load(syncTaskId: string) {
    return this.commands.load(syncTaskDecider, syncTaskStream(syncTaskId));
  }
}

const isOf = (projectId: string, task: SyncTask): boolean =>
  task.status !== 'absent' && task.status !== 'deleted' && task.projectId === projectId;
