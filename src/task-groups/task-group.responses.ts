import { ApiProperty, OmitType } from '@nestjs/swagger';
import { CLOUD_TYPES } from '../kernel/cloud-types.js';
import {
  ErrorReasonInfo,
  FailedObjectRecordInfo,
  MigrationInfo,
  NotificationInfo,
  SourceNodeInfo,
} from '../tasks/api/task.responses.js';
import { GROUP_TASK_TYPES } from './task-group.dto.js';

/** Shapes of answers, for the OpenAPI document. */

const LONG = { type: 'integer', format: 'int64', minimum: 0 } as const;

export class TaskGroupCreatedAnswer {
  @ApiProperty({ type: String, minLength: 1, maxLength: 100 })
  readonly group_id!: string;
}

export class TaskGroupSourceInfo extends OmitType(SourceNodeInfo, ['cloud_type']) {
  @ApiProperty({ type: String, enum: CLOUD_TYPES.map((cloud) => cloud.toUpperCase()) })
  readonly cloud_type!: string;
}

export class TaskGroupInfo extends OmitType(MigrationInfo, ['src_node']) {
  @ApiProperty({ type: String, minLength: 1, maxLength: 100 })
  readonly group_id!: string;

  @ApiProperty({
    type: 'integer',
    enum: [0, 1, 2, 3, 4, 5, 6, 7, 8],
    description:
      '0: waiting, 1: executing, 2: monitoring, 3: paused, 4: creation failed, 5: migration failed, 6: completed, 7: pausing, 8: waiting for deletion.',
  })
  readonly status!: number;

  @ApiProperty({ type: ErrorReasonInfo, nullable: true })
  readonly error_reason!: ErrorReasonInfo | null;

  @ApiProperty({ type: TaskGroupSourceInfo })
  readonly src_node!: TaskGroupSourceInfo;

  @ApiProperty({ type: String, enum: Object.keys(GROUP_TASK_TYPES) })
  readonly task_type!: string;

  @ApiProperty({ type: NotificationInfo, nullable: true, description: 'Null as long as nobody was told of an end.' })
  readonly smn_config!: NotificationInfo | null;

  @ApiProperty({ ...LONG, description: 'Bytes a second, of all tasks together.' })
  readonly migrate_speed!: number;

  @ApiProperty({ ...LONG, description: 'Milliseconds in which the group was neither paused nor at its end.' })
  readonly total_time!: number;

  @ApiProperty({ ...LONG, description: 'Milliseconds since 1970 UTC.' })
  readonly start_time!: number;

  @ApiProperty({ ...LONG, description: 'Tasks the source was split into so far.' })
  readonly total_task_num!: number;

  @ApiProperty(LONG)
  readonly create_task_num!: number;

  @ApiProperty(LONG)
  readonly failed_task_num!: number;

  @ApiProperty(LONG)
  readonly complete_task_num!: number;

  @ApiProperty(LONG)
  readonly paused_task_num!: number;

  @ApiProperty({ ...LONG, description: 'Those that pause included.' })
  readonly executing_task_num!: number;

  @ApiProperty(LONG)
  readonly waiting_task_num!: number;

  @ApiProperty({ ...LONG, description: 'Objects found at the source, or lines of the list files, so far.' })
  readonly total_num!: number;

  @ApiProperty({ ...LONG, description: 'Those of the tasks that are created.' })
  readonly create_complete_num!: number;

  @ApiProperty(LONG)
  readonly success_num!: number;

  @ApiProperty(LONG)
  readonly fail_num!: number;

  @ApiProperty(LONG)
  readonly skip_num!: number;

  @ApiProperty({ ...LONG, description: 'Bytes found at the source so far.' })
  readonly total_size!: number;

  @ApiProperty({ ...LONG, description: 'Those of the tasks that are created.' })
  readonly create_complete_size!: number;

  @ApiProperty({ ...LONG, description: 'Bytes done: migrated, skipped or failed.' })
  readonly complete_size!: number;

  @ApiProperty({ type: FailedObjectRecordInfo })
  readonly failed_object_record!: FailedObjectRecordInfo;
}

export class TaskGroupListAnswer {
  @ApiProperty({ type: [TaskGroupInfo], maxItems: 100 })
  readonly taskgroups!: readonly TaskGroupInfo[];

  @ApiProperty({ ...LONG, description: 'All matches, regardless of paging.' })
  readonly count!: number;
}
