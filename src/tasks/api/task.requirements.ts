import { OmsError } from '../../kernel/oms-error.js';
import type { SourceCdnDto, SmnConfigDto, MigrationDto } from './task.options-dto.js';
import type { SourceNodeDto } from './task.node-dto.js';
import { needsCdnKey } from './task.rules.js';
import type { CdnAuthentication } from '../../object-store/http/cdn/cdn.js';
import type { TaskType } from '../task.settings.js';

/** What a request must hold for its kind of task, beyond what each field must be by itself. */

const missing = (field: string, why: string) =>
  new OmsError('MISSING_PARAMETER', `${field} is missing: ${why}`, { field });
const invalid = (field: string, what: string) => new OmsError('INVALID_PARAMETER', `${field} ${what}`, { field });

/** Names of what the configuration has to tell with. */
export interface KnownNotifications {
  readonly topics: Readonly<Record<string, unknown>>;
  readonly templates: Readonly<Record<string, unknown>>;
}

/** Throws MISSING_PARAMETER, INVALID_PARAMETER, CDN_KEY_MISSING or TOPIC_NOT_FOUND, naming the field. */
export function assertRequirements(type: TaskType, body: MigrationDto, known: KnownNotifications): void {
  if (type === 'url_list') assertUrlList(body);
  else assertBucket(type, body.src_node);
  assertNames(type, body.src_node);
  assertComparison(type, body);
  if (body.source_cdn !== undefined) assertCdn(body.source_cdn);
  if (body.smn_config !== undefined) assertNotification(body.smn_config, known);
}

function assertUrlList({ src_node, source_cdn }: MigrationDto): void {
  const { cloud_type } = src_node;
  if (cloud_type === undefined) throw missing('src_node.cloud_type', 'it must be URLSource for task_type url_list');
  if (cloud_type !== 'URLSource') throw invalid('src_node.cloud_type', 'must be URLSource for task_type url_list');
  for (const field of ['region', 'bucket', 'app_id'] as const)
    if (src_node[field] !== '') throw invalid(`src_node.${field}`, 'must be absent for task_type url_list');
  if (source_cdn !== undefined) throw invalid('source_cdn', 'must be absent for task_type url_list');
}

function assertBucket(type: TaskType, node: SourceNodeDto): void {
  if (node.cloud_type === 'URLSource')
    throw invalid('src_node.cloud_type', `must not be URLSource for task_type ${type}`);
  for (const field of ['region', 'bucket', 'ak', 'sk'] as const)
    if (node[field] === '') throw missing(`src_node.${field}`, `task_type ${type} needs it`);
  if (node.cloud_type === 'Tencent' && node.app_id === '') throw missing('src_node.app_id', 'Tencent needs it');
}

function assertNames(type: TaskType, { object_key, list_file }: SourceNodeDto): void {
  if (type === 'list' || type === 'url_list') {
    if (list_file === undefined) throw missing('src_node.list_file', `task_type ${type} needs it`);
    if (object_key.length > 0) throw invalid('src_node.object_key', `must be absent for task_type ${type}`);
    return;
  }
  if (object_key.length === 0) throw missing('src_node.object_key', `task_type ${type} needs at least one`);
  if (list_file !== undefined) throw invalid('src_node.list_file', `must be absent for task_type ${type}`);
}

const CRC64_SOURCES = ['HuaweiCloud', 'HEC', 'Aliyun', 'Tencent'];

function assertComparison(type: TaskType, body: MigrationDto): void {
  const { consistency_check, object_overwrite_mode, src_node, source_cdn } = body;
  const hasCrc64 = CRC64_SOURCES.includes(src_node.cloud_type ?? DEFAULT_SOURCE_CLOUD);
  const only = `is only for the sources ${CRC64_SOURCES.join(', ')}`;
  if (object_overwrite_mode === 'CRC64_COMPARISON_OVERWRITE' && !hasCrc64)
    throw invalid('object_overwrite_mode', `must be another one: ${object_overwrite_mode} ${only}`);
  if (consistency_check === 'crc64' && !hasCrc64)
    throw invalid('consistency_check', `must be another one: crc64 ${only}`);
  if (consistency_check === 'no_check' && type !== 'url_list' && source_cdn === undefined)
    throw invalid('consistency_check', 'must be another one: no_check is only for URL lists and sources behind a CDN');
}

const assertCdn = ({ authentication_type, authentication_key }: SourceCdnDto): void =>
  assertCdnKey('source_cdn.authentication_key', authentication_type, authentication_key);

/** Throws CDN_KEY_MISSING for a type that needs a key, and INVALID_PARAMETER for a key that nothing would be signed with. */
export function assertCdnKey(field: string, type: CdnAuthentication, key: string): void {
  if (needsCdnKey(type)) {
    if (key === '') throw new OmsError('CDN_KEY_MISSING', `${field} is missing: ${type} needs it`, { field });
  } else if (key !== '') throw invalid(field, `must be absent: ${type} takes no key`);
}

function assertNotification({ topic_urn, message_template_name }: SmnConfigDto, known: KnownNotifications): void {
  if (!Object.hasOwn(known.topics, topic_urn)) {
    const field = 'smn_config.topic_urn';
    throw new OmsError('TOPIC_NOT_FOUND', `${field} is not one of the topics configured under notifications`, {
      field,
    });
  }
  if (message_template_name !== '' && !Object.hasOwn(known.templates, message_template_name))
    throw invalid('smn_config.message_template_name', 'is not one of the templates configured under notifications');
}

/** The API's default for a source that is no URL list. */
export const DEFAULT_SOURCE_CLOUD = 'Aliyun';
