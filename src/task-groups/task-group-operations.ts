import { Injectable } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { Clock } from '../kernel/clock.js';
import { randomId } from '../kernel/ids.js';
import { OmsError } from '../kernel/oms-error.js';
import { ProjectionHost } from '../projections/projection-host.js';
import type { CommandContext } from '../sync-tasks/sync-task.commands.js';
import { withSealed } from '../tasks/api/task-credentials.js';
import { renewedSecretsOf, type RenewedKeys, type TaskSecrets } from '../tasks/api/settings-of-request.js';
import type { BandwidthRule, TaskSettings } from '../tasks/task.settings.js';
import { Vault } from '../vault/vault.js';
import {
  CreateTaskGroup,
  DeleteTaskGroup,
  RetryTaskGroup,
  StartTaskGroup,
  StopTaskGroup,
  UpdateTaskGroupBandwidthPolicy,
  type TaskGroupCommand,
} from './task-group.commands.js';
import { taskGroupQuotaExceeded } from './task-group.errors.js';
import { taskGroupStream } from './task-group.events.js';
import { TaskGroupLimits } from './task-group-limits.js';
import { TaskGroupLookup } from './task-group-lookup.js';
import { QUOTA_WINDOW_MS, settingsOf } from './task-group-view.projection.js';
import type { TaskGroupExecuted } from './task-groups.handlers.js';
import { TaskGroupQueries } from './task-groups.queries.js';

/** What a caller of the API wants to be migrated. */
export interface WantedTaskGroup {
  readonly settings: TaskSettings;
  readonly bandwidthPolicy: readonly BandwidthRule[];
  readonly secrets: TaskSecrets;
}

/** Keys of a retry: none at all, or as many as the group needs. */
export type RetryKeys = { readonly [K in keyof RenewedKeys]?: RenewedKeys[K] | undefined };

const KEY_FIELDS = [
  'src_ak',
  'src_sk',
  'src_security_token',
  'dst_ak',
  'dst_sk',
  'dst_security_token',
  'source_cdn_authentication_key',
] as const satisfies readonly (keyof RenewedKeys)[];

/** What the API does with task groups: secrets go into the vault first, and views show a write before it is answered. */
@Injectable()
export class TaskGroupOperations {
  constructor(
    private readonly bus: CommandBus,
    private readonly vault: Vault,
    private readonly projections: ProjectionHost,
    private readonly groups: TaskGroupQueries,
    private readonly lookup: TaskGroupLookup,
    private readonly limits: TaskGroupLimits,
    private readonly clock: Clock,
  ) {}

  /** Answers the new group's id. Throws DAILY_TASK_GROUP_QUOTA_EXCEEDED. */
  async create(
    projectId: string,
    { settings, bandwidthPolicy, secrets }: WantedTaskGroup,
    context: CommandContext,
  ): Promise<string> {
    const { taskGroupsPerDay } = this.limits;
    const since = this.clock.now().getTime() - QUOTA_WINDOW_MS;
    if (this.groups.createdSince(projectId, since) >= taskGroupsPerDay) throw taskGroupQuotaExceeded(taskGroupsPerDay);
    const groupId = randomId();
    await withSealed(this.vault, `task group ${groupId}`, secrets, (credentials) =>
      this.execute(new CreateTaskGroup(projectId, groupId, settings, credentials, bandwidthPolicy, context)),
    );
    return groupId;
  }

  /** Throws TASK_GROUP_NOT_FOUND, TASK_GROUP_NOT_PAUSED, and what keys that do not fit are refused with. */
  async start(projectId: string, groupId: string, keys: RenewedKeys, context: CommandContext): Promise<void> {
    // Seals nothing for a group that is not there; the decider has the last word.
    const secrets = renewedSecretsOf(settingsOf(await this.lookup.get(projectId, groupId)), keys);
    await withSealed(this.vault, `task group ${groupId}`, secrets, (credentials) =>
      this.execute(new StartTaskGroup(projectId, groupId, credentials, context)),
    );
  }

  /** Throws TASK_GROUP_NOT_FOUND, TASK_GROUP_NOT_FAILED, and what keys that do not fit are refused with. */
  async retry(
    projectId: string,
    groupId: string,
    { migrate_failed_object: failedOnly, ...keys }: RetryKeys & { readonly migrate_failed_object: boolean },
    context: CommandContext,
  ): Promise<void> {
    const row = await this.lookup.get(projectId, groupId);
    if (KEY_FIELDS.every((field) => (keys[field] ?? '') === '')) {
      await this.execute(new RetryTaskGroup(projectId, groupId, null, failedOnly, context));
      return;
    }
    const secrets = renewedSecretsOf(settingsOf(row), wholeKeys(keys));
    await withSealed(this.vault, `task group ${groupId}`, secrets, (credentials) =>
      this.execute(new RetryTaskGroup(projectId, groupId, credentials, failedOnly, context)),
    );
  }

  async stop(projectId: string, groupId: string, context: CommandContext): Promise<void> {
    await this.execute(new StopTaskGroup(projectId, groupId, context));
  }

  async delete(projectId: string, groupId: string, context: CommandContext): Promise<void> {
    await this.execute(new DeleteTaskGroup(projectId, groupId, context));
  }

  async updateBandwidthPolicy(
    projectId: string,
    groupId: string,
    policy: readonly BandwidthRule[],
    context: CommandContext,
  ): Promise<void> {
    await this.execute(new UpdateTaskGroupBandwidthPolicy(projectId, groupId, policy, context));
  }

  private async execute(command: TaskGroupCommand): Promise<void> {
    const { position } = await this.bus.execute<TaskGroupCommand, TaskGroupExecuted>(command);
    if (position === undefined) return;
    await this.projections.passed(taskGroupStream(command.groupId), position, this.limits.readYourWritesMs);
  }
}

/** Throws MISSING_PARAMETER: some of the keys alone would be used together with old ones. */
function wholeKeys(keys: RetryKeys): RenewedKeys {
  for (const field of ['dst_ak', 'dst_sk'] as const)
    if ((keys[field] ?? '') === '')
      throw new OmsError('MISSING_PARAMETER', `${field} is missing: give all keys, or none to keep those of before`, {
        field,
      });
  const { src_ak = '', src_sk = '', src_security_token = '', dst_ak = '', dst_sk = '' } = keys;
  const { dst_security_token = '', source_cdn_authentication_key = '' } = keys;
  return { src_ak, src_sk, src_security_token, dst_ak, dst_sk, dst_security_token, source_cdn_authentication_key };
}
