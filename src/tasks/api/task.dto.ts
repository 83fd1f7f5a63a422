import { ApiPropertyOptional } from '@nestjs/swagger';
import { Transform } from 'class-transformer';
import { IsOptional } from 'class-validator';
import { Check, ChoiceField, FlagField, QueryIntegerField, TextField } from '../../http/validation/fields.js';
import { StrictFields } from '../../http/validation/strict-fields.js';
import { CryptoTypeField, KmsKeyField } from '../../sync-tasks/sync-task.fields.js';
import { BandwidthPolicyField, type BandwidthRuleDto } from './task.bandwidth-dto.js';
import { ConnectionStringField, JsonAuthFileField, SecurityTokenField } from './task.node-dto.js';
import { MigrationDto } from './task.options-dto.js';
import { MAX_BATCH, taskIdsProblem } from './task.rules.js';
import type { RenewedKeys } from './settings-of-request.js';
import type { TaskPriority, TaskType } from '../task.settings.js';

export const TASK_TYPES: readonly TaskType[] = ['object', 'prefix', 'list', 'url_list'];
export const TASK_PRIORITIES: readonly TaskPriority[] = ['HIGH', 'MEDIUM', 'LOW'];

export class ProjectPath {
  @TextField({ description: 'The project.', min: 1, max: 1024, example: '0123456789abcdef0123456789abcdef' })
  readonly project_id!: string;
}

export class TaskPath extends ProjectPath {
  @TextField({ description: 'The migration task.', min: 1, max: 1024, example: '217304160000123' })
  readonly task_id!: string;
}

export class CreateTaskDto extends MigrationDto {
  @ChoiceField({
    description: 'object: objects and folders by name. prefix: by prefix. list and url_list: as list files say.',
    choices: TASK_TYPES,
    default: 'object',
    optional: true,
  })
  readonly task_type: TaskType = 'object';

  @ChoiceField({ description: 'Who runs first.', choices: TASK_PRIORITIES, default: 'MEDIUM', optional: true })
  readonly task_priority: TaskPriority = 'MEDIUM';
}

/** The keys with which a task, or a task group, starts again; which must be given is for `renewedSecretsOf` to say. */
@StrictFields()
export class RenewedKeysDto implements RenewedKeys {
  @TextField({ description: 'Access key (AK) of the source.', min: 0, max: 100, optional: true, secret: true })
  readonly src_ak: string = '';

  @TextField({ description: 'Secret key (SK) of the source.', min: 0, max: 100, optional: true, secret: true })
  readonly src_sk: string = '';

  @SecurityTokenField('source')
  readonly src_security_token: string = '';

  @JsonAuthFileField()
  readonly json_auth_file?: string;

  @ConnectionStringField()
  readonly connection_string?: string;

  @TextField({ description: 'Access key (AK) of the destination.', min: 1, max: 100, secret: true })
  readonly dst_ak!: string;

  @TextField({ description: 'Secret key (SK) of the destination.', min: 1, max: 100, secret: true })
  readonly dst_sk!: string;

  @SecurityTokenField('destination')
  readonly dst_security_token: string = '';

  @TextField({ description: 'Key of the CDN, if it needs one.', min: 0, max: 255, optional: true, secret: true })
  readonly source_cdn_authentication_key: string = '';

  @CryptoTypeField('source keys')
  readonly src_crypto_type?: 'DEFAULT';

  @CryptoTypeField('destination keys')
  readonly dst_crypto_type?: 'DEFAULT';

  @CryptoTypeField('CDN key')
  readonly source_cdn_crypto_type?: 'DEFAULT';

  @KmsKeyField('source keys')
  readonly src_kms_key_id?: never;

  @KmsKeyField('destination keys')
  readonly dst_kms_key_id?: never;

  @KmsKeyField('CDN key')
  readonly source_cdn_kms_key_id?: never;
}

export class StartTaskDto extends RenewedKeysDto {
  @FlagField({
    description: 'Of a failed task: only the objects that failed, instead of all.',
    default: false,
    optional: true,
  })
  readonly migrate_failed_object: boolean = false;
}

@StrictFields()
export class BandwidthPolicyDto {
  @BandwidthPolicyField()
  readonly bandwidth_policy!: readonly BandwidthRuleDto[];
}

export class BatchUpdateTasksDto extends BandwidthPolicyDto {
  @TextField({ description: 'All tasks of this group; or else give ids.', min: 1, max: 36, optional: true })
  readonly group_id?: string;

  @ApiPropertyOptional({
    type: 'array',
    items: { type: 'integer', format: 'int64', minimum: 0 },
    maxItems: MAX_BATCH,
    description: 'These tasks; or else give group_id.',
  })
  @IsOptional()
  @Check('taskIds', taskIdsProblem)
  readonly ids: readonly number[] = [];

  @ChoiceField({
    description: 'Counts when the task next waits for a worker.',
    choices: TASK_PRIORITIES,
    optional: true,
  })
  readonly task_priority?: TaskPriority;
}

const emptyIsAbsent = ({ value }: { value: unknown }): unknown => (value === '' ? undefined : value);

@StrictFields()
export class ListTasksQuery {
  @Transform(emptyIsAbsent)
  @TextField({ description: 'Only tasks of this group.', min: 1, max: 100, optional: true })
  readonly group_id?: string;

  @QueryIntegerField({ description: 'Tasks per page.', min: 1, max: 100, default: 10, optional: true })
  readonly limit: number = 10;

  @QueryIntegerField({
    description: 'Index of the first task.',
    min: 0,
    max: 2_147_483_647,
    default: 0,
    optional: true,
  })
  readonly offset: number = 0;

  @QueryIntegerField({
    description: 'Only tasks in this state. 1: waiting, 2: migrating, 3: paused, 4: failed, 5: succeeded, 7: pausing.',
    min: 1,
    max: 7,
    optional: true,
  })
  readonly status?: number;

  @Transform(emptyIsAbsent)
  @TextField({ description: 'Only tasks with this in their name.', min: 1, max: 255, optional: true })
  readonly task_name?: string;
}
