import { ApiProperty } from '@nestjs/swagger';
import { STATISTIC_TYPES } from './sync-task.presenter.js';
import { CLOUD_TYPES } from '../kernel/cloud-types.js';
import { STORAGE_POLICIES } from './sync-task.rules.js';

/** Shapes of answers, for the OpenAPI document. */

const MS = { type: 'integer', format: 'int64', minimum: 0 } as const;
const COUNT = { type: 'integer', format: 'int64', minimum: 0 } as const;

export class SyncTaskCreatedAnswer {
  @ApiProperty({ type: String, maxLength: 255 })
  readonly sync_task_id!: string;
}

export class SyncTaskInfo {
  @ApiProperty({ type: String, maxLength: 255 })
  readonly sync_task_id!: string;

  @ApiProperty({ type: String, enum: [...CLOUD_TYPES] })
  readonly src_cloud_type!: string;

  @ApiProperty({ type: String, maxLength: 100 })
  readonly src_region!: string;

  @ApiProperty({ type: String, maxLength: 1024 })
  readonly src_bucket!: string;

  @ApiProperty({ ...MS, description: 'Milliseconds since 1970 UTC.' })
  readonly create_time!: number;

  @ApiProperty({ ...MS, description: 'Milliseconds since 1970 UTC.' })
  readonly last_start_time!: number;

  @ApiProperty({ type: String, enum: [...CLOUD_TYPES], description: 'An extension.' })
  readonly dst_cloud_type!: string;

  @ApiProperty({ type: String, maxLength: 100 })
  readonly dst_region!: string;

  @ApiProperty({ type: String, maxLength: 1024 })
  readonly dst_bucket!: string;

  @ApiProperty({ type: String, maxLength: 255 })
  readonly description!: string;

  @ApiProperty({ type: String, enum: ['SYNCHRONIZING', 'STOPPED'] })
  readonly status!: string;

  @ApiProperty({ type: Boolean })
  readonly enable_kms!: boolean;

  @ApiProperty({ type: Boolean })
  readonly enable_metadata_migration!: boolean;

  @ApiProperty({ type: Boolean })
  readonly enable_restore!: boolean;

  @ApiProperty({ type: String, nullable: true })
  readonly app_id!: string | null;

  @ApiProperty({ type: String, enum: ['SIZE_LAST_MODIFIED_COMPARISON_OVERWRITE'] })
  readonly object_overwrite_mode!: string;

  @ApiProperty({ type: String, nullable: true, enum: [...STORAGE_POLICIES, null] })
  readonly dst_storage_policy!: string | null;

  @ApiProperty({ type: String, enum: ['size_last_modified', 'crc64', 'no_check'] })
  readonly consistency_check!: string;
}

export class SyncTaskWithMonth extends SyncTaskInfo {
  @ApiProperty({ ...COUNT, description: 'Objects that sync events of the month named.' })
  readonly monthly_acceptance_request!: number;

  @ApiProperty(COUNT)
  readonly monthly_success_object!: number;

  @ApiProperty(COUNT)
  readonly monthly_failure_object!: number;

  @ApiProperty(COUNT)
  readonly monthly_skip_object!: number;

  @ApiProperty({ ...COUNT, description: 'Bytes synchronized.' })
  readonly monthly_size!: number;
}

export class SyncTaskListAnswer {
  @ApiProperty({ type: [SyncTaskInfo], maxItems: 100 })
  readonly tasks!: readonly SyncTaskInfo[];

  @ApiProperty({ ...COUNT, description: 'All matches, regardless of paging.' })
  readonly count!: number;
}

export class StatisticPoint {
  @ApiProperty({ ...MS, description: 'Beginning of the bucket, in milliseconds since 1970 UTC.' })
  readonly time_stamp!: number;

  @ApiProperty(COUNT)
  readonly statistic_num!: number;
}

export class StatisticSeries {
  @ApiProperty({ type: String, enum: [...STATISTIC_TYPES] })
  readonly data_type!: string;

  @ApiProperty({ type: [StatisticPoint], maxItems: 1000, description: 'Ascending; empty buckets are left out.' })
  readonly data!: readonly StatisticPoint[];
}

export class StatisticsAnswer {
  @ApiProperty({ type: String, maxLength: 255 })
  readonly sync_task_id!: string;

  @ApiProperty({ type: String, enum: ['FIVE_MINUTES', 'ONE_HOUR'] })
  readonly statistic_time_type!: string;

  @ApiProperty({ type: [StatisticSeries], description: 'One per requested type, also when nothing happened.' })
  readonly statistic_datas!: readonly StatisticSeries[];
}

export class LedgerFigure {
  @ApiProperty(COUNT)
  readonly objects!: number;

  @ApiProperty({ ...COUNT, nullable: true, description: 'Known from the outcome on; null for what is pending.' })
  readonly bytes!: number | null;
}

/** requested = synced + failed + ignored + pending, in objects, at `position`. */
export class LedgerAnswer {
  @ApiProperty({ type: String, maxLength: 255 })
  readonly sync_task_id!: string;

  @ApiProperty({ type: LedgerFigure })
  readonly requested!: LedgerFigure;

  @ApiProperty({ type: LedgerFigure })
  readonly synced!: LedgerFigure;

  @ApiProperty({ type: LedgerFigure })
  readonly failed!: LedgerFigure;

  @ApiProperty({ type: LedgerFigure })
  readonly ignored!: LedgerFigure;

  @ApiProperty({ type: LedgerFigure })
  readonly pending!: LedgerFigure;

  @ApiProperty({ type: String, nullable: true, description: 'Log position at which all of this is true.' })
  readonly position!: string | null;

  @ApiProperty({ type: Boolean })
  readonly balanced!: boolean;
}
