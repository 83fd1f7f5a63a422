import { Injectable } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { Clock } from '../../kernel/clock.js';
import { ProjectionHost } from '../../projections/projection-host.js';
import type { CommandContext } from '../../sync-tasks/sync-task.commands.js';
import { Vault } from '../../vault/vault.js';
import {
  CreateTask,
  DeleteTask,
  StartTask,
  StopTask,
  UpdateTaskBandwidthPolicy,
  type NewTask,
  type TaskCommand,
} from '../task.commands.js';
import { dailyTaskQuotaExceeded, noTaskToOperate, waitingTaskQuotaExceeded } from '../task.errors.js';
import { taskStream } from '../task.events.js';
import type { BandwidthRule, TaskPriority, TaskSettings } from '../task.settings.js';
import { withSealed } from './task-credentials.js';
import { isTaskId, mintTaskId, taskNameOf } from '../task-id.js';
import { TaskLimits } from './task-limits.js';
import { TaskLookup } from './task-lookup.js';
import { TaskQueries } from '../task-queries.js';
import { renewedSecretsOf, type RenewedKeys, type TaskSecrets } from './settings-of-request.js';
import { settingsOfRow } from '../task-view.row.js';
import type { Executed } from '../tasks.handlers.js';

const DAY_MS = 86_400_000;
/** A thousand ids a millisecond: that so many are taken in a row does not happen. */
const MINTS = 20;

/** What a caller of the API wants to be migrated. */
export interface WantedTask {
  readonly settings: TaskSettings;
  readonly priority: TaskPriority;
  readonly bandwidthPolicy: readonly BandwidthRule[];
  readonly secrets: TaskSecrets;
}

/** What the API does with tasks: secrets go into the vault first, and views show a write before it is answered. */
@Injectable()
export class TaskOperations {
  constructor(
    private readonly bus: CommandBus,
    private readonly vault: Vault,
    private readonly projections: ProjectionHost,
    private readonly tasks: TaskQueries,
    private readonly lookup: TaskLookup,
    private readonly limits: TaskLimits,
    private readonly clock: Clock,
  ) {}

  /** Answers the new task's id and name. Throws DAILY_TASK_QUOTA_EXCEEDED or TASK_QUOTA_EXCEEDED. */
  async create(
    projectId: string,
    { settings, priority, bandwidthPolicy, secrets }: WantedTask,
    context: CommandContext,
  ): Promise<{ readonly taskId: string; readonly name: string }> {
    this.assertQuota(projectId);
    const name = taskNameOf(settings, this.clock.now());
    const taskId = await withSealed(this.vault, `tasks of ${projectId}`, secrets, (credentials) => {
      const task = { name, settings, credentials, priority, bandwidthPolicy, groupId: null, piece: null };
      return this.createUnderFreeId(projectId, task, context);
    });
    return { taskId, name };
  }

  /** Throws NO_TASK_TO_OPERATE, what the missing keys of its kind are refused with, and what its state does not allow. */
  async start(
    projectId: string,
    taskId: string,
    keys: RenewedKeys & { readonly migrate_failed_object: boolean },
    context: CommandContext,
  ): Promise<void> {
    // Seals nothing for a task that is not there; the decider has the last word.
    const row = await this.lookup.find(projectId, taskId);
    if (row === undefined) throw noTaskToOperate(taskId);
    const secrets = renewedSecretsOf(settingsOfRow(row), keys);
    await withSealed(this.vault, `task ${taskId}`, secrets, (credentials) =>
      this.execute(new StartTask(projectId, taskId, credentials, keys.migrate_failed_object, context)),
    );
  }

  async stop(projectId: string, taskId: string, context: CommandContext): Promise<void> {
    await this.execute(new StopTask(projectId, taskId, context));
  }

  async delete(projectId: string, taskId: string, context: CommandContext): Promise<void> {
    await this.execute(new DeleteTask(projectId, taskId, context));
  }

  async updateBandwidthPolicy(
    projectId: string,
    taskId: string,
    policy: readonly BandwidthRule[],
    context: CommandContext,
  ): Promise<void> {
    await this.execute(new UpdateTaskBandwidthPolicy(projectId, taskId, policy, context));
  }

  /** Runs a command and waits, within bounds, until this node's views show what came of it. */
  async execute(command: TaskCommand): Promise<Executed> {
    // What cannot be an id names no stream: else any text would.
    if (!isTaskId(command.taskId)) throw noTaskToOperate(command.taskId);
    const executed = await this.bus.execute<TaskCommand, Executed>(command);
    if (executed.position !== undefined)
      await this.projections.passed(taskStream(command.taskId), executed.position, this.limits.readYourWritesMs);
    return executed;
  }

  private async createUnderFreeId(projectId: string, task: NewTask, context: CommandContext): Promise<string> {
    for (let mints = 0; mints < MINTS; mints++) {
      const taskId = mintTaskId(this.clock.now());
      const { changed } = await this.execute(new CreateTask(projectId, taskId, task, context));
      if (changed) return taskId;
    }
    throw new Error(`${MINTS} task ids in a row were taken`);
  }

  private assertQuota(projectId: string): void {
    const { tasksPerDay, waitingTasks } = this.limits;
    if (this.tasks.createdSince(projectId, this.clock.now().getTime() - DAY_MS) >= tasksPerDay)
      throw dailyTaskQuotaExceeded(tasksPerDay);
    if (this.tasks.waiting(projectId) >= waitingTasks) throw waitingTaskQuotaExceeded(waitingTasks);
  }
}
