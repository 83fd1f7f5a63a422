import { PartialType } from '@nestjs/swagger';
import { Transform } from 'class-transformer';
import { ChoiceField, FlagField, QueryIntegerField, TextField } from '../http/validation/fields.js';
import { StrictFields } from '../http/validation/strict-fields.js';
import { ProjectPath, RenewedKeysDto } from '../tasks/api/task.dto.js';
import { MigrationDto } from '../tasks/api/task.options-dto.js';
import type { TaskType } from '../tasks/task.settings.js';

export { BandwidthPolicyDto, ProjectPath, RenewedKeysDto } from '../tasks/api/task.dto.js';

/** In upper case, unlike the types of tasks. */
export const GROUP_TASK_TYPES = { PREFIX: 'prefix', LIST: 'list', URL_LIST: 'url_list' } as const satisfies Record<
  string,
  TaskType
>;
export type GroupTaskType = keyof typeof GROUP_TASK_TYPES;

export class TaskGroupPath extends ProjectPath {
  @TextField({ description: 'The task group.', min: 1, max: 1024, example: '9dd98a5e-7ea3-4d80-abff-4c23914313e4' })
  readonly group_id!: string;
}

export class CreateTaskGroupDto extends MigrationDto {
  @ChoiceField({
    description: 'PREFIX: objects by prefix. LIST and URL_LIST: as list files say.',
    choices: Object.keys(GROUP_TASK_TYPES),
    default: 'PREFIX',
    optional: true,
  })
  readonly task_type: GroupTaskType = 'PREFIX';
}

const emptyIsAbsent = ({ value }: { value: unknown }): unknown => (value === '' ? undefined : value);

/** Without any key the group goes on with those it has. */
@StrictFields()
export class RetryTaskGroupDto extends PartialType(RenewedKeysDto) {
  @Transform(emptyIsAbsent)
  override readonly dst_ak?: string;

  @Transform(emptyIsAbsent)
  override readonly dst_sk?: string;

  @FlagField({
    description: 'Only the objects that failed, instead of all of the failed tasks.',
    default: false,
    optional: true,
  })
  readonly migrate_failed_object: boolean = false;
}

@StrictFields()
export class ListTaskGroupsQuery {
  @QueryIntegerField({ description: 'Task groups per page.', min: 1, max: 100, default: 10, optional: true })
  readonly limit: number = 10;

  @QueryIntegerField({
    description: 'Index of the first task group.',
    min: 0,
    max: 2_147_483_647,
    default: 0,
    optional: true,
  })
  readonly offset: number = 0;

  @QueryIntegerField({
    description:
      'Only groups in this state. 0: waiting, 1: executing, 2: monitoring, 3: paused, 4: creation failed, 5: migration failed, 6: completed, 7: pausing, 8: waiting for deletion, 9: deleted (those are gone).',
    min: 0,
    max: 9,
    optional: true,
  })
  readonly status?: number;
}
