import { applyDecorators } from '@nestjs/common';
import { ApiPropertyOptional } from '@nestjs/swagger';
import { IsOptional } from 'class-validator';
import { Check, ChoiceField, NestedField, TextField } from '../../http/validation/fields.js';
import { CLOUD_TYPES } from '../../kernel/cloud-types.js';
import { CryptoTypeField, KmsKeyField } from '../../sync-tasks/sync-task.fields.js';
import { keyProblem, listFileNumProblem, MAX_OBJECT_KEYS, objectKeysProblem, unsupportedText } from './task.rules.js';

const MAX_TOKEN_LENGTH = 16_384;

/** Optional where the kind of the task decides whether it must be given; empty counts as not given. */
const OptionalText = (description: string, max: number, secret?: true) =>
  TextField({ description, min: 0, max, optional: true, ...(secret ? { secret } : {}) });

export const SecurityTokenField = (side: string) =>
  OptionalText(`Token of temporary keys of the ${side}.`, MAX_TOKEN_LENGTH, true);

/** Refused unless empty: ignoring it would read with other keys than the caller thinks. */
export const RefusedText = (description: string, maxLength: number, why: string): PropertyDecorator =>
  applyDecorators(
    ApiPropertyOptional({ type: String, maxLength, description: `${description} Refused unless empty: ${why}.` }),
    IsOptional(),
    Check('unsupported', unsupportedText(why)),
  );

export const JsonAuthFileField = () =>
  RefusedText('Key file of a Google service account.', 65_535, 'use HMAC keys of Google as ak and sk');

export const ConnectionStringField = () =>
  RefusedText('Connection string of Azure Blob storage.', 65_535, 'Azure is not supported in this version');

export class ListFileDto {
  @TextField({
    description:
      'A .txt file with the names of objects or the URLs, or a prefix that ends in / for all .txt files below it.',
    min: 1,
    max: 1024,
    example: 'lists/objects.txt',
  })
  @Check('key', keyProblem)
  readonly list_file_key!: string;

  @TextField({ description: 'Its bucket, in the region of the destination.', min: 1, max: 1024, example: 'my-lists' })
  readonly obs_bucket!: string;

  @ApiPropertyOptional({ type: String, description: 'Number of list files. Not needed: a prefix is read whole.' })
  @IsOptional()
  @Check('digits', listFileNumProblem)
  readonly list_file_num?: string;
}

/** Which fields must be given depends on the kind of the task: see `task.requirements.ts`. */
export class SourceNodeDto {
  @ChoiceField({
    description: 'Cloud of the source; Aliyun when absent. A URL list is URLSource, and URLSource is a URL list.',
    choices: CLOUD_TYPES,
    optional: true,
  })
  readonly cloud_type?: string;

  @OptionalText('Region of the source bucket. Mandatory but for a URL list.', 100)
  readonly region: string = '';

  @OptionalText('Access key (AK) of the source. Mandatory but for a URL list.', 100, true)
  readonly ak: string = '';

  @OptionalText('Secret key (SK) of the source. Mandatory but for a URL list.', 100, true)
  readonly sk: string = '';

  @SecurityTokenField('source')
  readonly security_token: string = '';

  @JsonAuthFileField()
  readonly json_auth_file?: string;

  @ConnectionStringField()
  readonly connection_string?: string;

  @OptionalText("Tencent's account suffix of bucket names. Mandatory for Tencent.", 255)
  readonly app_id: string = '';

  @OptionalText('Source bucket. Mandatory but for a URL list.', 1024)
  readonly bucket: string = '';

  @ApiPropertyOptional({
    type: [String],
    maxItems: MAX_OBJECT_KEYS,
    description:
      'For task_type object: names of objects, and of folders that end in /. For prefix: prefixes. [""] is the whole bucket.',
    example: ['photos/', 'readme.txt'],
  })
  @IsOptional()
  @Check('objectKeys', objectKeysProblem)
  readonly object_key: readonly string[] = [];

  @NestedField(ListFileDto, { description: 'Mandatory for the task types list and url_list.', optional: true })
  readonly list_file?: ListFileDto;

  @CryptoTypeField('source keys')
  readonly crypto_type?: 'DEFAULT';

  @KmsKeyField('source keys')
  readonly kms_key_id?: never;
}

export class DestinationNodeDto {
  @ChoiceField({
    description: 'Cloud of the destination; an extension, OMS knows HuaweiCloud only.',
    choices: CLOUD_TYPES,
    default: 'HuaweiCloud',
    optional: true,
  })
  readonly cloud_type: string = 'HuaweiCloud';

  @TextField({ description: 'Region of the destination bucket.', min: 1, max: 100, example: 'cn-north-4' })
  readonly region!: string;

  @TextField({ description: 'Access key (AK) of the destination.', min: 1, max: 100, secret: true })
  readonly ak!: string;

  @TextField({ description: 'Secret key (SK) of the destination.', min: 1, max: 100, secret: true })
  readonly sk!: string;

  @SecurityTokenField('destination')
  readonly security_token: string = '';

  @TextField({ description: 'Destination bucket.', min: 1, max: 1024, example: 'photos-copy' })
  readonly bucket!: string;

  @OptionalText('Put in front of every key.', 1024)
  @Check('key', keyProblem)
  readonly save_prefix: string = '';

  @CryptoTypeField('destination keys')
  readonly crypto_type?: 'DEFAULT';

  @KmsKeyField('destination keys')
  readonly kms_key_id?: never;
}
