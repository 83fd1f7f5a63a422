import { Injectable } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { randomId } from '../kernel/ids.js';
import { OmsError } from '../kernel/oms-error.js';
import { ProjectionHost } from '../projections/projection-host.js';
import { Vault, type CredentialSecret } from '../vault/vault.js';
import {
  CreateSyncTask,
  DeleteSyncTask,
  StartSyncTask,
  StopSyncTask,
  type CommandContext,
  type SyncTaskCommand,
} from './sync-task.commands.js';
import { noSyncTaskToOperate, syncTaskQuotaExceeded } from './sync-task.errors.js';
import { syncTaskStream, type SyncTaskCredentials, type SyncTaskSettings } from './sync-task.events.js';
import { SyncTaskLimits } from './sync-task-limits.js';
import { SyncTaskLookup } from './sync-task-lookup.js';
import type { Executed } from './sync-tasks.handlers.js';
import { SyncTaskQueries } from './sync-tasks.queries.js';

export interface SyncTaskSecrets {
  readonly source: CredentialSecret;
  readonly destination: CredentialSecret;
}

/** What the API does with sync tasks: secrets go into the vault first, and views show a write before it is answered. */
@Injectable()
export class SyncTaskOperations {
  constructor(
    private readonly bus: CommandBus,
    private readonly vault: Vault,
    private readonly projections: ProjectionHost,
    private readonly tasks: SyncTaskQueries,
    private readonly lookup: SyncTaskLookup,
    private readonly limits: SyncTaskLimits,
  ) {}

  /** Answers the id of the new task. Throws TASK_QUOTA_EXCEEDED. */
  async create(
    projectId: string,
    settings: SyncTaskSettings,
    secrets: SyncTaskSecrets,
    context: CommandContext,
  ): Promise<string> {
    const { syncTasksPerProject } = this.limits;
    if (this.tasks.count(projectId) >= syncTasksPerProject) throw syncTaskQuotaExceeded(syncTasksPerProject);
    const syncTaskId = randomId();
    await this.withSealed(secrets, (sealed) =>
      this.execute(new CreateSyncTask(projectId, syncTaskId, settings, sealed, context)),
    );
    return syncTaskId;
  }

  async start(projectId: string, syncTaskId: string, secrets: SyncTaskSecrets, context: CommandContext): Promise<void> {
    // Seals nothing for a task that is not there; the decider has the last word.
    if (!(await this.lookup.exists(projectId, syncTaskId))) throw noSyncTaskToOperate(syncTaskId);
    await this.withSealed(secrets, (sealed) => this.execute(new StartSyncTask(projectId, syncTaskId, sealed, context)));
  }

  async stop(projectId: string, syncTaskId: string, context: CommandContext): Promise<void> {
    await this.execute(new StopSyncTask(projectId, syncTaskId, context));
  }

  async delete(projectId: string, syncTaskId: string, context: CommandContext): Promise<void> {
    await this.execute(new DeleteSyncTask(projectId, syncTaskId, context));
  }

  private async execute(command: SyncTaskCommand): Promise<void> {
    const { position } = await this.bus.execute<SyncTaskCommand, Executed>(command);
    if (position === undefined) return;
    await this.projections.passed(syncTaskStream(command.syncTaskId), position, this.limits.readYourWritesMs);
  }

  /** A refused command leaves no sealed secret behind. */
  private async withSealed(
    secrets: SyncTaskSecrets,
    work: (sealed: SyncTaskCredentials) => Promise<void>,
  ): Promise<void> {
    const [source, destination] = await Promise.all([this.seal(secrets.source), this.seal(secrets.destination)]);
    try {
      await work({ source, destination });
    } catch (error) {
      // After an outage the append may have arrived all the same: only a refusal is certain.
      if (error instanceof OmsError)
        await Promise.all([this.vault.forget(source.ref), this.vault.forget(destination.ref)]);
      throw error;
    }
  }

  private async seal(secret: CredentialSecret): Promise<SyncTaskCredentials['source']> {
    const { ref, fingerprint } = await this.vault.seal(secret);
    return { ref, fingerprint };
  }
}
