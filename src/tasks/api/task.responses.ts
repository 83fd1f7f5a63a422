import { ApiProperty } from '@nestjs/swagger';
import { CLOUD_TYPES } from '../../kernel/cloud-types.js';
import { STORAGE_POLICIES } from '../../sync-tasks/sync-task.rules.js';
import { BandwidthRuleDto } from './task.bandwidth-dto.js';
import { TASK_PRIORITIES, TASK_TYPES } from './task.dto.js';
import { CONSISTENCY_CHECKS, OVERWRITE_MODES } from './task.options-dto.js';
import { CDN_AUTHENTICATIONS } from '../../object-store/http/cdn/cdn.js';

/** Shapes of answers, for the OpenAPI document. */

const LONG = { type: 'integer', format: 'int64', minimum: 0 } as const;
const TEXT = { type: String } as const;
const FLAG = { type: Boolean } as const;
const MAYBE_TEXT = { type: String, nullable: true } as const;

export class TaskCreatedAnswer {
  @ApiProperty(LONG)
  readonly id!: number;

  @ApiProperty({ ...TEXT, maxLength: 2048 })
  readonly task_name!: string;
}

export class ListFileInfo {
  @ApiProperty(TEXT)
  readonly list_file_key!: string;

  @ApiProperty(TEXT)
  readonly obs_bucket!: string;

  @ApiProperty({ ...MAYBE_TEXT, description: 'Null for a prefix.' })
  readonly list_file_num!: string | null;
}

export class SourceNodeInfo {
  @ApiProperty(TEXT)
  readonly bucket!: string;

  @ApiProperty({ ...TEXT, enum: [...CLOUD_TYPES] })
  readonly cloud_type!: string;

  @ApiProperty(TEXT)
  readonly region!: string;

  @ApiProperty(TEXT)
  readonly app_id!: string;

  @ApiProperty({ type: [String] })
  readonly object_key!: readonly string[];

  @ApiProperty({ type: ListFileInfo, nullable: true })
  readonly list_file!: ListFileInfo | null;
}

export class DestinationNodeInfo {
  @ApiProperty(TEXT)
  readonly bucket!: string;

  @ApiProperty({ ...TEXT, enum: [...CLOUD_TYPES], description: 'An extension.' })
  readonly cloud_type!: string;

  @ApiProperty(TEXT)
  readonly region!: string;

  @ApiProperty(TEXT)
  readonly save_prefix!: string;
}

export class SourceCdnInfo {
  @ApiProperty(TEXT)
  readonly domain!: string;

  @ApiProperty({ ...TEXT, enum: ['HTTP', 'HTTPS'] })
  readonly protocol!: string;

  @ApiProperty({ ...TEXT, enum: [...CDN_AUTHENTICATIONS] })
  readonly authentication_type!: string;
}

/** What answers about tasks and about groups share. */
export class MigrationInfo {
  @ApiProperty(TEXT)
  readonly description!: string;

  @ApiProperty({ type: SourceNodeInfo })
  readonly src_node!: SourceNodeInfo;

  @ApiProperty({ type: DestinationNodeInfo })
  readonly dst_node!: DestinationNodeInfo;

  @ApiProperty({ type: [BandwidthRuleDto] })
  readonly bandwidth_policy!: readonly BandwidthRuleDto[];

  @ApiProperty(FLAG)
  readonly enable_failed_object_recording!: boolean;

  @ApiProperty(FLAG)
  readonly enable_kms!: boolean;

  @ApiProperty(FLAG)
  readonly enable_metadata_migration!: boolean;

  @ApiProperty(FLAG)
  readonly enable_restore!: boolean;

  @ApiProperty(FLAG)
  readonly enable_requester_pays!: boolean;

  @ApiProperty({ ...LONG, description: 'In milliseconds since 1970 UTC.' })
  readonly migrate_since!: number;

  @ApiProperty({ ...TEXT, enum: [...OVERWRITE_MODES] })
  readonly object_overwrite_mode!: string;

  @ApiProperty({ ...TEXT, enum: [...STORAGE_POLICIES] })
  readonly dst_storage_policy!: string;

  @ApiProperty({ ...TEXT, enum: [...CONSISTENCY_CHECKS] })
  readonly consistency_check!: string;

  @ApiProperty({ type: SourceCdnInfo, nullable: true })
  readonly source_cdn!: SourceCdnInfo | null;

  @ApiProperty({ ...TEXT, enum: ['BUCKET'] })
  readonly obs_system!: string;
}

export class ErrorReasonInfo {
  @ApiProperty({ ...TEXT, example: 'TRF.0062' })
  readonly error_code!: string;

  @ApiProperty(TEXT)
  readonly error_msg!: string;
}

export class FailedObjectRecordInfo {
  @ApiProperty({ ...FLAG, nullable: true, description: 'Null where no object failed.' })
  readonly result!: boolean | null;

  @ApiProperty({ ...MAYBE_TEXT, description: 'One file, or the folder of several; in the destination bucket.' })
  readonly list_file_key!: string | null;

  @ApiProperty(MAYBE_TEXT)
  readonly error_code!: string | null;
}

export class NotificationInfo {
  @ApiProperty(FLAG)
  readonly notify_result!: boolean;

  @ApiProperty(TEXT)
  readonly notify_error_message!: string;

  @ApiProperty(TEXT)
  readonly topic_name!: string;
}

export class TaskInfo extends MigrationInfo {
  @ApiProperty(LONG)
  readonly id!: number;

  @ApiProperty(TEXT)
  readonly name!: string;

  @ApiProperty({ type: 'integer', enum: [1, 2, 3, 4, 5, 7] })
  readonly status!: number;

  @ApiProperty({ ...TEXT, enum: [...TASK_TYPES] })
  readonly task_type!: string;

  @ApiProperty({ ...TEXT, description: 'Empty for a task of its own.' })
  readonly group_id!: string;

  @ApiProperty({ ...TEXT, enum: ['NORMAL_TASK', 'GROUP_TASK'] })
  readonly group_type!: string;

  @ApiProperty({ ...TEXT, enum: [...TASK_PRIORITIES] })
  readonly task_priority!: string;

  @ApiProperty({ ...LONG, description: 'Objects found at the source so far.' })
  readonly total_num!: number;

  @ApiProperty({ ...LONG, description: 'Their bytes.' })
  readonly total_size!: number;

  @ApiProperty({ ...LONG, description: 'Bytes done: migrated, skipped or failed.' })
  readonly complete_size!: number;

  @ApiProperty({ ...LONG, description: 'Bytes migrated.' })
  readonly real_size!: number;

  @ApiProperty(LONG)
  readonly successful_num!: number;

  @ApiProperty(LONG)
  readonly failed_num!: number;

  @ApiProperty(LONG)
  readonly skipped_num!: number;

  @ApiProperty({ ...FLAG, description: 'All of the source is counted.' })
  readonly is_query_over!: boolean;

  @ApiProperty({ type: Number, minimum: 0, maximum: 1 })
  readonly progress!: number;

  @ApiProperty({ ...LONG, description: 'Bytes a second.' })
  readonly migrate_speed!: number;

  @ApiProperty({ ...LONG, description: 'Milliseconds.' })
  readonly left_time!: number;

  @ApiProperty({ ...LONG, description: 'Milliseconds since 1970 UTC; 0 before a worker took it.' })
  readonly start_time!: number;

  @ApiProperty({ ...LONG, description: 'Milliseconds that workers had it.' })
  readonly total_time!: number;

  @ApiProperty({ type: ErrorReasonInfo, nullable: true })
  readonly error_reason!: ErrorReasonInfo | null;

  @ApiProperty({ type: FailedObjectRecordInfo })
  readonly failed_object_record!: FailedObjectRecordInfo;

  @ApiProperty({ ...TEXT, description: 'The store’s error code; empty where all was written.' })
  readonly success_record_error_reason!: string;

  @ApiProperty({ ...TEXT, description: 'The store’s error code; empty where all was written.' })
  readonly skip_record_error_reason!: string;

  @ApiProperty({ type: NotificationInfo, nullable: true })
  readonly smn_info!: NotificationInfo | null;
}

export class TaskListAnswer {
  @ApiProperty({ type: [TaskInfo], maxItems: 100 })
  readonly tasks!: readonly TaskInfo[];

  @ApiProperty({ ...LONG, description: 'All matches, regardless of paging.' })
  readonly count!: number;
}
