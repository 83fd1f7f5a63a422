import { ApiProperty } from '@nestjs/swagger';
import { Transform } from 'class-transformer';
import { IsDefined } from 'class-validator';
import { Check, ChoiceField, FlagField, IntegerField, NestedField, TextField } from '../../http/validation/fields.js';
import { StrictFields } from '../../http/validation/strict-fields.js';
import { CryptoTypeField, KmsKeyField } from '../../sync-tasks/sync-task.fields.js';
import { CDN_AUTHENTICATIONS, type CdnAuthentication } from '../../object-store/http/cdn/cdn.js';
import { STORAGE_POLICIES } from '../../sync-tasks/sync-task.rules.js';
import { BandwidthPolicyField, type BandwidthRuleDto } from './task.bandwidth-dto.js';
import { DestinationNodeDto, SourceNodeDto } from './task.node-dto.js';
import {
  descriptionProblem,
  domainProblem,
  FORBIDDEN_IN_DESCRIPTION,
  MAX_TIME_S,
  TRIGGER_CONDITIONS,
  triggerConditionsProblem,
} from './task.rules.js';
import type { ObjectOverwriteMode, StoragePolicy, TaskConsistencyCheck } from '../task.settings.js';

export const OVERWRITE_MODES: readonly ObjectOverwriteMode[] = [
  'NO_OVERWRITE',
  'SIZE_LAST_MODIFIED_COMPARISON_OVERWRITE',
  'CRC64_COMPARISON_OVERWRITE',
  'FULL_OVERWRITE',
];
export const CONSISTENCY_CHECKS: readonly TaskConsistencyCheck[] = ['size_last_modified', 'crc64', 'no_check'];

const upperCase = ({ value }: { value: unknown }): unknown => (typeof value === 'string' ? value.toUpperCase() : value);
const QINIU = 'QINIU_PRIVATE_AUTHENTICATION';
/** The reference spells this one in two ways. */
const oneQiniu = ({ value }: { value: unknown }): unknown =>
  typeof value === 'string' && value.toUpperCase() === QINIU ? QINIU : value;

export class SourceCdnDto {
  @TextField({ description: 'Domain to read the objects from.', min: 1, max: 1024, example: 'cdn.example.com' })
  @Check('domain', domainProblem, 'DOMAIN_NOT_VALID')
  readonly domain!: string;

  @Transform(upperCase)
  @ChoiceField({ description: 'Upper or lower case.', choices: ['HTTP', 'HTTPS'] })
  readonly protocol!: 'HTTP' | 'HTTPS';

  @Transform(oneQiniu)
  @ChoiceField({ description: 'How URLs are signed.', choices: CDN_AUTHENTICATIONS, default: 'NONE', optional: true })
  readonly authentication_type: CdnAuthentication = 'NONE';

  @TextField({
    description: 'Key to sign URLs with, for the types ALIYUN_*, TENCENT_* and AZURE_*. The others take none.',
    min: 0,
    max: 255,
    optional: true,
    secret: true,
  })
  readonly authentication_key: string = '';

  @CryptoTypeField('CDN key')
  readonly crypto_type?: 'DEFAULT';

  @KmsKeyField('CDN key')
  readonly kms_key_id?: never;
}

export class SmnConfigDto {
  @TextField({ description: 'A topic of the configuration.', min: 1, max: 1024, example: 'urn:smn:region:id:topic' })
  readonly topic_urn!: string;

  @ApiProperty({
    type: [String],
    enum: TRIGGER_CONDITIONS,
    minItems: 1,
    maxItems: 2,
    description: 'Ends of a run that are told.',
  })
  @IsDefined({ message: 'is missing', context: { kind: 'MISSING_PARAMETER' } })
  @Check('conditions', triggerConditionsProblem)
  readonly trigger_conditions!: readonly (typeof TRIGGER_CONDITIONS)[number][];

  @ChoiceField({ description: 'Of the message.', choices: ['zh-cn', 'en-us'], default: 'en-us', optional: true })
  readonly language: 'zh-cn' | 'en-us' = 'en-us';

  @TextField({ description: 'A template of the configuration.', min: 0, max: 255, optional: true })
  readonly message_template_name: string = '';
}

/** What tasks and task groups are created with alike. */
@StrictFields()
export abstract class MigrationDto {
  @NestedField(SourceNodeDto, { description: 'Where from.' })
  readonly src_node!: SourceNodeDto;

  @NestedField(DestinationNodeDto, { description: 'Where to.' })
  readonly dst_node!: DestinationNodeDto;

  @TextField({ description: `Free text without ${FORBIDDEN_IN_DESCRIPTION}.`, min: 0, max: 255, optional: true })
  @Check('forbiddenCharacters', descriptionProblem, 'FORBIDDEN_CHARACTER')
  readonly description: string = '';

  @IntegerField({
    description: 'Only objects modified after this time, in seconds since 1970 UTC. 0: all.',
    min: 0,
    max: MAX_TIME_S,
    default: 0,
    optional: true,
  })
  readonly migrate_since: number = 0;

  @BandwidthPolicyField({ optional: true })
  readonly bandwidth_policy: readonly BandwidthRuleDto[] = [];

  @NestedField(SourceCdnDto, { description: 'Read the objects from here instead of the bucket.', optional: true })
  readonly source_cdn?: SourceCdnDto;

  @NestedField(SmnConfigDto, { description: 'Whom to tell how it ended.', optional: true })
  readonly smn_config?: SmnConfigDto;

  @FlagField({ description: 'Encrypt at the destination with its key management.', default: false, optional: true })
  readonly enable_kms: boolean = false;

  @FlagField({ description: 'Copy all metadata; Content-Type is always copied.', default: false, optional: true })
  readonly enable_metadata_migration: boolean = false;

  @FlagField({ description: 'Restore archived source objects first.', default: false, optional: true })
  readonly enable_restore: boolean = false;

  @FlagField({ description: 'Write lists of failed objects to the destination.', default: true, optional: true })
  readonly enable_failed_object_recording: boolean = true;

  @ChoiceField({
    description: 'Which objects of the destination are replaced.',
    choices: OVERWRITE_MODES,
    default: 'SIZE_LAST_MODIFIED_COMPARISON_OVERWRITE',
    optional: true,
  })
  readonly object_overwrite_mode: ObjectOverwriteMode = 'SIZE_LAST_MODIFIED_COMPARISON_OVERWRITE';

  @ChoiceField({
    description: 'Storage class at the destination.',
    choices: STORAGE_POLICIES,
    default: 'STANDARD',
    optional: true,
  })
  readonly dst_storage_policy: StoragePolicy = 'STANDARD';

  @ChoiceField({
    description: 'How equality is decided. crc64: only some sources. no_check: only URL lists and CDNs.',
    choices: CONSISTENCY_CHECKS,
    default: 'size_last_modified',
    optional: true,
  })
  readonly consistency_check: TaskConsistencyCheck = 'size_last_modified';

  @FlagField({ description: 'Requests at the source are paid by the requester.', default: false, optional: true })
  readonly enable_requester_pays: boolean = false;
}
