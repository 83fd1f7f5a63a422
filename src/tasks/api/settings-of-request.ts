import { OmsError } from '../../kernel/oms-error.js';
import type { StoreFactory } from '../../object-store/store-factory.js';
import type { CredentialSecret } from '../../vault/vault.js';
import type { SourceNodeDto } from './task.node-dto.js';
import type { MigrationDto, SmnConfigDto, SourceCdnDto } from './task.options-dto.js';
import {
  assertCdnKey,
  assertRequirements,
  DEFAULT_SOURCE_CLOUD,
  type KnownNotifications,
} from './task.requirements.js';
import type { SourceCdn, TaskNotification, TaskSettings, TaskSource, TaskType } from '../task.settings.js';

/** The keys of a request on their way into the vault. Null where the task needs none. */
export interface TaskSecrets {
  readonly source: CredentialSecret | null;
  readonly destination: CredentialSecret;
  /** The key is the `secretKey`; there is no access key. */
  readonly cdn: CredentialSecret | null;
}

/** What a valid create request asks for. Throws when something its kind needs is missing, or a place does not exist here. */
export function settingsOf(
  type: TaskType,
  body: MigrationDto,
  stores: Pick<StoreFactory, 'supports' | 'locate' | 'regionsOf'>,
  known: KnownNotifications,
): TaskSettings {
  assertRequirements(type, body, known);
  const source = sourceOf(type, body.src_node);
  const { cloud_type: cloudType, region, bucket, save_prefix: savePrefix } = body.dst_node;
  if (type !== 'url_list') assertPlace(stores, 'src', source.cloudType, source.region);
  assertPlace(stores, 'dst', cloudType, region);
  return {
    taskType: type,
    source,
    destination: { cloudType, region, bucket, savePrefix },
    description: body.description,
    migrateSinceMs: body.migrate_since * 1000,
    cdn: body.source_cdn === undefined ? null : cdnOf(body.source_cdn),
    notification: body.smn_config === undefined ? null : notificationOf(body.smn_config),
    enableKms: body.enable_kms,
    enableMetadataMigration: body.enable_metadata_migration,
    enableRestore: body.enable_restore,
    recordFailedObjects: body.enable_failed_object_recording,
    overwriteMode: body.object_overwrite_mode,
    storagePolicy: body.dst_storage_policy,
    consistencyCheck: body.consistency_check,
    requesterPays: body.enable_requester_pays,
  };
}

function sourceOf(type: TaskType, node: SourceNodeDto): TaskSource {
  const { list_file: file } = node;
  return {
    cloudType: node.cloud_type ?? DEFAULT_SOURCE_CLOUD,
    region: node.region,
    bucket: node.bucket,
    appId: node.app_id === '' ? null : node.app_id,
    objectKeys: type === 'object' || type === 'prefix' ? [...new Set(node.object_key)] : [],
    listFile: file === undefined ? null : { bucket: file.obs_bucket, key: file.list_file_key },
  };
}

const cdnOf = ({ domain, protocol, authentication_type: authenticationType }: SourceCdnDto): SourceCdn => ({
  domain,
  protocol,
  authenticationType,
});

const notificationOf = (smn: SmnConfigDto): TaskNotification => ({
  topicUrn: smn.topic_urn,
  conditions: smn.trigger_conditions,
  language: smn.language,
  templateName: smn.message_template_name === '' ? null : smn.message_template_name,
});

function assertPlace(
  stores: Pick<StoreFactory, 'supports' | 'locate' | 'regionsOf'>,
  side: 'src' | 'dst',
  cloudType: string,
  region: string,
): void {
  if (!stores.supports(cloudType))
    throw new OmsError(
      side === 'src' ? 'INVALID_SOURCE' : 'INVALID_DESTINATION',
      `${side}_node.cloud_type ${cloudType} is not supported in this version`,
      { field: `${side}_node.cloud_type` },
    );
  if (stores.locate({ cloudType, region, bucket: '' }) !== undefined) return;
  const known = stores.regionsOf(cloudType).map(({ name }) => name);
  throw new OmsError(
    side === 'src' ? 'SOURCE_REGION_UNKNOWN' : 'DESTINATION_REGION_UNKNOWN',
    `${side}_node.region is not a region of ${cloudType}; known: ${known.join(', ') || 'none, configure one under clouds'}`,
    { field: `${side}_node.region` },
  );
}

const secretOf = (accessKey: string, secretKey: string, securityToken: string): CredentialSecret => ({
  accessKey,
  secretKey,
  ...(securityToken === '' ? {} : { securityToken }),
});

/** The keys in a create request. Those of a URL list's source are not used for anything, so they are not kept either. */
export function secretsOf(type: TaskType, { src_node, dst_node, source_cdn }: MigrationDto): TaskSecrets {
  const key = source_cdn?.authentication_key ?? '';
  return {
    source: type === 'url_list' ? null : secretOf(src_node.ak, src_node.sk, src_node.security_token),
    destination: secretOf(dst_node.ak, dst_node.sk, dst_node.security_token),
    cdn: key === '' ? null : secretOf('', key, ''),
  };
}

/** The keys with which something that is known already goes on. */
export interface RenewedKeys {
  readonly src_ak: string;
  readonly src_sk: string;
  readonly src_security_token: string;
  readonly dst_ak: string;
  readonly dst_sk: string;
  readonly dst_security_token: string;
  readonly source_cdn_authentication_key: string;
}

/** Throws MISSING_PARAMETER, CDN_KEY_MISSING or INVALID_PARAMETER when they are not what these settings need. */
export function renewedSecretsOf(settings: TaskSettings, keys: RenewedKeys): TaskSecrets {
  const { taskType, cdn } = settings;
  if (taskType !== 'url_list')
    for (const field of ['src_ak', 'src_sk'] as const)
      if (keys[field] === '')
        throw new OmsError('MISSING_PARAMETER', `${field} is missing: task_type ${taskType} needs it`, { field });
  const cdnKey = keys.source_cdn_authentication_key;
  assertCdnKey('source_cdn_authentication_key', cdn?.authenticationType ?? 'NONE', cdnKey);
  return {
    source: taskType === 'url_list' ? null : secretOf(keys.src_ak, keys.src_sk, keys.src_security_token),
    destination: secretOf(keys.dst_ak, keys.dst_sk, keys.dst_security_token),
    cdn: cdnKey === '' ? null : secretOf('', cdnKey, ''),
  };
}
