import { CLOUD_TYPES } from '../kernel/cloud-types.js';
import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Transform } from 'class-transformer';
import { IsDefined, IsOptional, ValidateIf } from 'class-validator';
import {
  Check,
  ChoiceField,
  FlagField,
  lengthProblem,
  QueryIntegerField,
  TextField,
} from '../http/validation/fields.js';
import { CryptoTypeField, KmsKeyField, SecretField, UnsupportedField } from './sync-task.fields.js';
import {
  consistencyProblem,
  DESTINATION_CLOUD_TYPES,
  descriptionProblem,
  FORBIDDEN_IN_DESCRIPTION,
  keyListProblem,
  MAX_TIME_MS,
  needsAppId,
  statisticTypesProblem,
  STORAGE_POLICIES,
  unsupported,
} from './sync-task.rules.js';
import { STATISTIC_TYPES, type StatisticType } from './sync-task.presenter.js';
import type { DestinationStoragePolicy } from './sync-task.events.js';

export class ProjectPath {
  @TextField({ description: 'The project.', min: 1, max: 1024, example: '0123456789abcdef0123456789abcdef' })
  readonly project_id!: string;
}

export class SyncTaskPath extends ProjectPath {
  @TextField({ description: 'The sync task.', min: 1, max: 1024, example: '31e9b7e6-6ffb-452f-9842-000000000001' })
  readonly sync_task_id!: string;
}

export class CreateSyncTaskDto {
  @ChoiceField({ description: 'Cloud of the source.', choices: CLOUD_TYPES, default: 'Aliyun', optional: true })
  readonly src_cloud_type: string = 'Aliyun';

  @TextField({ description: 'Region of the source bucket.', min: 1, max: 100, example: 'cn-hangzhou' })
  readonly src_region!: string;

  @TextField({ description: 'Source bucket.', min: 1, max: 1024, example: 'photos' })
  readonly src_bucket!: string;

  @SecretField('Access key (AK) of the source.')
  readonly src_ak!: string;

  @SecretField('Secret key (SK) of the source.')
  readonly src_sk!: string;

  @ChoiceField({
    description: 'Cloud of the destination; an extension, OMS knows HuaweiCloud only.',
    choices: DESTINATION_CLOUD_TYPES,
    default: 'HuaweiCloud',
    optional: true,
  })
  readonly dst_cloud_type: string = 'HuaweiCloud';

  @TextField({ description: 'Region of the destination bucket.', min: 1, max: 100, example: 'cn-north-4' })
  readonly dst_region!: string;

  @TextField({ description: 'Destination bucket.', min: 1, max: 1024, example: 'photos-mirror' })
  readonly dst_bucket!: string;

  @SecretField('Access key (AK) of the destination.')
  readonly dst_ak!: string;

  @SecretField('Secret key (SK) of the destination.')
  readonly dst_sk!: string;

  @TextField({ description: `Free text without ${FORBIDDEN_IN_DESCRIPTION}.`, min: 0, max: 255, optional: true })
  @Check('forbiddenCharacters', descriptionProblem, 'FORBIDDEN_CHARACTER')
  readonly description: string = '';

  @FlagField({ description: 'Copy all metadata; Content-Type is always copied.', default: false, optional: true })
  readonly enable_metadata_migration: boolean = false;

  @FlagField({ description: 'Encrypt at the destination with its key management.', default: false, optional: true })
  readonly enable_kms: boolean = false;

  @FlagField({ description: 'Restore archived source objects first.', default: false, optional: true })
  readonly enable_restore: boolean = false;

  @ChoiceField({ description: 'Storage class at the destination.', choices: STORAGE_POLICIES, optional: true })
  readonly dst_storage_policy?: DestinationStoragePolicy;

  @ApiPropertyOptional({ type: String, maxLength: 255, description: "Tencent's account suffix of bucket names." })
  @ValidateIf((task: CreateSyncTaskDto) => task.app_id !== undefined || needsAppId(task))
  @IsDefined({ message: 'is missing: Tencent needs it', context: { kind: 'MISSING_PARAMETER' } })
  @Check('appId', (value, task) => lengthProblem(value, needsAppId(task) ? 1 : 0, 255))
  readonly app_id?: string;

  @UnsupportedField(
    { type: 'object', additionalProperties: true },
    'CDN to read the source through.',
    'a source behind a CDN is',
  )
  readonly source_cdn?: never;

  @ApiPropertyOptional({
    enum: ['size_last_modified', 'crc64'],
    default: 'size_last_modified',
    description: 'How equality is decided. crc64 is for the sources HuaweiCloud, Aliyun and Tencent.',
  })
  @IsOptional()
  @Check('consistencyCheck', consistencyProblem)
  readonly consistency_check: 'size_last_modified' | 'crc64' = 'size_last_modified';

  @CryptoTypeField('source keys')
  readonly src_crypto_type?: 'DEFAULT';

  @CryptoTypeField('destination keys')
  readonly dst_crypto_type?: 'DEFAULT';

  @KmsKeyField('source keys')
  readonly src_kms_key_id?: never;

  @KmsKeyField('destination keys')
  readonly dst_kms_key_id?: never;
}

export class StartSyncTaskDto {
  @SecretField('Access key (AK) of the source.')
  readonly src_ak!: string;

  @SecretField('Secret key (SK) of the source.')
  readonly src_sk!: string;

  @SecretField('Access key (AK) of the destination.')
  readonly dst_ak!: string;

  @SecretField('Secret key (SK) of the destination.')
  readonly dst_sk!: string;

  @ApiPropertyOptional({ type: String, maxLength: 0, description: 'Empty: a source behind a CDN is not supported.' })
  @IsOptional()
  @Check('unsupported', (value) => (value === '' ? undefined : unsupported('a source behind a CDN is')()))
  readonly source_cdn_authentication_key?: '';

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

export class CreateSyncEventsDto {
  @ApiProperty({
    description: 'URL-encoded names of the objects to synchronize. Each is decoded once; repeats count once.',
    type: 'array',
    items: { type: 'string', minLength: 1, maxLength: 16_384 },
    minItems: 1,
    maxItems: 100,
    example: ['dir%2Fa%20b.txt'],
  })
  @IsDefined({ message: 'is missing', context: { kind: 'MISSING_PARAMETER' } })
  @Check('keyList', keyListProblem)
  readonly object_keys!: readonly string[];
}

export class ListSyncTasksQuery {
  @QueryIntegerField({ description: 'Tasks per page.', min: 1, max: 100, default: 10, optional: true })
  readonly limit: number = 10;

  @QueryIntegerField({ description: 'Index of the first task.', min: 0, max: 10_000, default: 0, optional: true })
  readonly offset: number = 0;

  @Transform(({ value }: { value: unknown }) => (value === '' ? undefined : value))
  @ChoiceField({ description: 'Only tasks in this state.', choices: ['SYNCHRONIZING', 'STOPPED'], optional: true })
  readonly status?: 'SYNCHRONIZING' | 'STOPPED';
}

export class ShowSyncTaskQuery {
  @QueryIntegerField({
    description: 'Milliseconds since 1970 UTC; the monthly figures are those of the month (UTC) it falls in.',
    min: 0,
    max: MAX_TIME_MS,
  })
  readonly query_time!: number;
}

export class StatisticsQuery {
  @ApiProperty({
    type: String,
    description: `Comma-separated, each at most once: ${STATISTIC_TYPES.join(', ')}.`,
    example: 'REQUEST,SUCCESS',
  })
  @IsDefined({ message: 'is missing', context: { kind: 'MISSING_PARAMETER' } })
  @Check('statisticTypes', statisticTypesProblem)
  readonly data_type!: string;

  @QueryIntegerField({ description: 'Beginning, in milliseconds since 1970 UTC.', min: 0, max: MAX_TIME_MS })
  @Check('order', (start, whole) =>
    whole instanceof StatisticsQuery && Number(start) > whole.end_time ? 'must not be after end_time' : undefined,
  )
  readonly start_time!: number;

  @QueryIntegerField({ description: 'End, in milliseconds since 1970 UTC.', min: 0, max: MAX_TIME_MS })
  readonly end_time!: number;

  /** What `data_type` names, in its order. */
  get types(): readonly StatisticType[] {
    return this.data_type.split(',').filter(isStatisticType);
  }
}

const isStatisticType = (name: string): name is StatisticType => STATISTIC_TYPES.some((type) => type === name);
