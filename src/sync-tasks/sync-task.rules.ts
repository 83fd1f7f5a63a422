import { CLOUD_TYPES } from '../kernel/cloud-types.js';
import { lengthProblem } from '../http/validation/fields.js';
import { STATISTIC_TYPES } from './sync-task.presenter.js';

/** What the fields of the sync-task calls may hold, as checks that answer the rest of a sentence or nothing. */

/** A destination is any of them: which backends can be written to is the store factory's to say. */
export const DESTINATION_CLOUD_TYPES = CLOUD_TYPES;

export const STORAGE_POLICIES = ['STANDARD', 'IA', 'ARCHIVE', 'DEEP_ARCHIVE', 'SRC_STORAGE_MAPPING'] as const;

/** 9999-12-31T23:59:59.999Z: the last time an ISO 8601 string of four year digits can say. */
export const MAX_TIME_MS = 253_402_300_799_999;

export const FORBIDDEN_IN_DESCRIPTION = '< > ( ) \\ " \' &';
const FORBIDDEN = /[<>()\\"'&]/;

export const descriptionProblem = (value: unknown): string | undefined =>
  typeof value === 'string' && FORBIDDEN.test(value) ? `must not contain ${FORBIDDEN_IN_DESCRIPTION}` : undefined;

export const unsupported = (what: string) => (): string => `is refused: ${what} not supported in this version`;

export const cryptoTypeProblem = (value: unknown): string | undefined => {
  if (value === 'DEFAULT') return undefined;
  return value === 'KMS' ? 'must be DEFAULT: KMS is not supported in this version' : 'must be DEFAULT';
};

const CRC64_SOURCES = ['HuaweiCloud', 'Aliyun', 'Tencent'];

export const consistencyProblem = (value: unknown, task: object): string | undefined => {
  if (value === 'transmission')
    return 'is refused: transmission is for HTTP sources, which this version does not support';
  if (value !== 'size_last_modified' && value !== 'crc64') return 'must be one of size_last_modified, crc64';
  const source = 'src_cloud_type' in task ? task.src_cloud_type : undefined;
  if (value === 'crc64' && !CRC64_SOURCES.includes(String(source)))
    return `must be size_last_modified: crc64 is only for the sources ${CRC64_SOURCES.join(', ')}`;
  return undefined;
};

/** Tencent's bucket names end in the account's number, which only the caller knows. */
export const needsAppId = (task: object): boolean => 'src_cloud_type' in task && task.src_cloud_type === 'Tencent';

const MAX_KEYS = 100;
const MAX_ENCODED_LENGTH = 16_384;

export const keyListProblem = (value: unknown): string | undefined => {
  if (!Array.isArray(value)) return `must be an array of 1 to ${MAX_KEYS} strings`;
  if (value.length < 1 || value.length > MAX_KEYS) return `must hold 1 to ${MAX_KEYS} keys, not ${value.length}`;
  for (const [index, key] of value.entries()) {
    const problem = lengthProblem(key, 1, MAX_ENCODED_LENGTH);
    if (problem !== undefined) return `[${index}] ${problem}`;
  }
  return undefined;
};

export const statisticTypesProblem = (value: unknown): string | undefined => {
  const known: readonly string[] = STATISTIC_TYPES;
  const named = typeof value === 'string' ? value.split(',') : [];
  if (named.length > 0 && named.every((type) => known.includes(type)) && new Set(named).size === named.length)
    return undefined;
  return `must be a comma-separated list, each at most once, of ${known.join(', ')}`;
};
