import {
  CDN,
  LIST_FILE,
  NEW_KEYS,
  refusalOf,
  SMN,
  SOURCE,
  TASK_BODY,
  withField,
} from '../../../test/support/task-bodies.js';
import { taskSettings } from '../../../test/support/migration-task.js';
import { validateRequest } from '../../http/validation/validate-request.js';
import { CreateTaskDto, StartTaskDto } from './task.dto.js';
import { renewedSecretsOf, secretsOf, settingsOf } from './settings-of-request.js';

/** Places r1 and r2 of the clouds there are. */
const stores: Parameters<typeof settingsOf>[2] = {
  supports: (cloud) => cloud !== 'Azure',
  locate: ({ cloudType, region }) =>
    cloudType !== 'Azure' && ['r1', 'r2'].includes(region)
      ? { kind: 'local', endpoint: 'file:///r', root: '/r', bucket: '' }
      : undefined,
  regionsOf: () => [{ name: 'r1', description: '' }],
};
const known = { topics: { 'urn:topic': {} }, templates: { short: '' } };

const made = (body: object) => {
  const dto = validateRequest(CreateTaskDto, body);
  return settingsOf(dto.task_type, dto, stores, known);
};
const FULL = { ...TASK_BODY, source_cdn: CDN, smn_config: SMN };
const refused = (path: string, value: unknown, body: object = TASK_BODY) =>
  refusalOf(() => made(withField(body, path, value)));

const LIST = { ...TASK_BODY, task_type: 'list', src_node: { ...SOURCE, object_key: [], list_file: LIST_FILE } };
const URLS = { ...TASK_BODY, task_type: 'url_list', src_node: { cloud_type: 'URLSource', list_file: LIST_FILE } };

describe('the settings of a new task', () => {
  it('say what a small request asks for', () =>
    expect(made(TASK_BODY)).toEqual({
      ...taskSettings,
      taskType: 'object',
      source: { cloudType: 'AWS', region: 'r1', bucket: 'from', appId: null, objectKeys: ['a/', 'b'], listFile: null },
      destination: { cloudType: 'HuaweiCloud', region: 'r2', bucket: 'to', savePrefix: '' },
    }));

  it('say all that a full request asks for', () => {
    const cdn = { ...CDN, authentication_type: 'ALIYUN_OSS_B', authentication_key: 'cdn-key' };
    const smn = { ...SMN, language: 'zh-cn', message_template_name: 'short' };
    const flags = {
      enable_kms: true,
      enable_metadata_migration: true,
      enable_restore: true,
      enable_requester_pays: true,
    };
    const body = {
      ...{ ...TASK_BODY, ...flags, task_type: 'prefix', description: 'd', migrate_since: 5 },
      ...{ source_cdn: cdn, smn_config: smn, enable_failed_object_recording: false, dst_storage_policy: 'IA' },
      ...{ object_overwrite_mode: 'CRC64_COMPARISON_OVERWRITE', consistency_check: 'crc64' },
      src_node: { ...SOURCE, cloud_type: 'Tencent', app_id: '1250', object_key: ['x', 'x', 'y'] },
      dst_node: { ...TASK_BODY.dst_node, cloud_type: 'Local', save_prefix: 'copy/' },
    };
    expect(made(body)).toEqual({
      taskType: 'prefix',
      source: {
        cloudType: 'Tencent',
        region: 'r1',
        bucket: 'from',
        appId: '1250',
        objectKeys: ['x', 'y'],
        listFile: null,
      },
      destination: { cloudType: 'Local', region: 'r2', bucket: 'to', savePrefix: 'copy/' },
      ...{ description: 'd', migrateSinceMs: 5000, recordFailedObjects: false, storagePolicy: 'IA' },
      cdn: { domain: 'cdn.example.com', protocol: 'HTTPS', authenticationType: 'ALIYUN_OSS_B' },
      notification: { topicUrn: 'urn:topic', conditions: ['SUCCESS'], language: 'zh-cn', templateName: 'short' },
      ...{ enableKms: true, enableMetadataMigration: true, enableRestore: true, requesterPays: true },
      ...{ overwriteMode: 'CRC64_COMPARISON_OVERWRITE', consistencyCheck: 'crc64' },
    });
  });

  it('say where lists are', () => {
    const listFile = { bucket: 'my-lists', key: 'lists/objects.txt' };
    expect(made(LIST)).toMatchObject({ taskType: 'list', source: { bucket: 'from', objectKeys: [], listFile } });
    const source = { cloudType: 'URLSource', region: '', bucket: '', appId: null, objectKeys: [], listFile };
    expect(made(URLS)).toMatchObject({ taskType: 'url_list', source });
  });
});

describe('what the kind of a task needs', () => {
  it.each(['region', 'bucket', 'ak', 'sk', 'object_key'])('names and prefixes need src_node.%s', (field) => {
    for (const task_type of ['object', 'prefix'])
      expect(refused(`src_node.${field}`, undefined, { ...TASK_BODY, task_type })).toBe(`src_node.${field} OMS.1004`);
  });

  it.each(['region', 'bucket', 'ak', 'sk', 'list_file'])('lists need src_node.%s', (field) =>
    expect(refused(`src_node.${field}`, undefined, LIST)).toBe(`src_node.${field} OMS.1004`),
  );

  it.each(['cloud_type', 'list_file'])('URL lists need src_node.%s', (field) =>
    expect(refused(`src_node.${field}`, undefined, URLS)).toBe(`src_node.${field} OMS.1004`),
  );

  it.each([
    ['region', 'r1'],
    ['bucket', 'b'],
    ['app_id', '1'],
    ['object_key', ['a']],
    ['cloud_type', 'AWS'],
  ])('URL lists have no src_node.%s of %j', (field, value) =>
    expect(refused(`src_node.${field}`, value, URLS)).toBe(`src_node.${field} OMS.0001`),
  );

  it('URL lists have no CDN, and nothing else comes from URLSource', () => {
    expect(refused('source_cdn', CDN, URLS)).toBe('source_cdn OMS.0001');
    expect(refused('src_node.cloud_type', 'URLSource')).toBe('src_node.cloud_type OMS.0001');
    expect(refused('src_node.cloud_type', 'URLSource', LIST)).toBe('src_node.cloud_type OMS.0001');
  });

  it('names and lists exclude each other', () => {
    expect(refused('src_node.list_file', LIST_FILE)).toBe('src_node.list_file OMS.0001');
    expect(refused('src_node.object_key', ['a'], LIST)).toBe('src_node.object_key OMS.0001');
  });

  it('Tencent needs an app_id', () =>
    expect(refused('src_node.cloud_type', 'Tencent')).toBe('src_node.app_id OMS.1004'));

  it('CRC64 is for the clouds that have it', () => {
    for (const cloud of ['HuaweiCloud', 'HEC', 'Aliyun', undefined])
      expect(refused('src_node.cloud_type', cloud, { ...TASK_BODY, consistency_check: 'crc64' })).toBeUndefined();
    expect(refused('consistency_check', 'crc64')).toBe('consistency_check OMS.0001');
    expect(refused('object_overwrite_mode', 'CRC64_COMPARISON_OVERWRITE')).toBe('object_overwrite_mode OMS.0001');
  });

  it('only what comes over HTTP may go unchecked', () => {
    expect(refused('consistency_check', 'no_check')).toBe('consistency_check OMS.0001');
    expect(refused('consistency_check', 'no_check', URLS)).toBeUndefined();
    expect(refused('consistency_check', 'no_check', FULL)).toBeUndefined();
  });

  it.each(['ALIYUN_OSS_A', 'ALIYUN_OSS_B', 'ALIYUN_OSS_C', 'AZURE_SAS_TOKEN', 'TENCENT_COS_A', 'TENCENT_COS_D'])(
    'a CDN of type %s needs its key',
    (type) => {
      const key = 'source_cdn.authentication_key';
      expect(refused('source_cdn.authentication_type', type, FULL)).toBe(`${key} OMS.1032`);
      expect(refused('source_cdn', { ...CDN, authentication_type: type, authentication_key: 'k' })).toBeUndefined();
    },
  );

  it.each(['NONE', 'QINIU_PRIVATE_AUTHENTICATION', 'KSYUN_PRIVATE_AUTHENTICATION'])(
    'a CDN of type %s takes no key',
    (type) => {
      expect(refused('source_cdn.authentication_type', type, FULL)).toBeUndefined();
      const cdn = { ...CDN, authentication_type: type, authentication_key: 'k' };
      expect(refused('source_cdn', cdn)).toBe('source_cdn.authentication_key OMS.0001');
    },
  );

  it('topics and templates are configured ones', () => {
    expect(made(FULL).notification?.topicUrn).toBe('urn:topic');
    for (const urn of ['urn:other', 'toString', '__proto__'])
      expect(refused('smn_config.topic_urn', urn, FULL)).toBe('smn_config.topic_urn OMS.0169');
    expect(refused('smn_config.message_template_name', 'long', FULL)).toBe('smn_config.message_template_name OMS.0001');
  });

  it('places exist here', () => {
    expect(refused('src_node.cloud_type', 'Azure')).toBe('src_node.cloud_type OMS.0057');
    expect(refused('dst_node.cloud_type', 'Azure')).toBe('dst_node.cloud_type OMS.0058');
    expect(refused('src_node.region', 'r9')).toBe('src_node.region OMS.0079');
    expect(refused('dst_node.region', 'r9')).toBe('dst_node.region OMS.0080');
    expect(refused('dst_node.region', 'r9', URLS)).toBe('dst_node.region OMS.0080');
  });
});

describe('the keys of a task', () => {
  const keysOf = (body: object) => {
    const dto = validateRequest(CreateTaskDto, body);
    return secretsOf(dto.task_type, dto);
  };

  it('come with a new task', () => {
    const cdn = { ...CDN, authentication_key: 'cdn-key' };
    const body = withField(
      withField({ ...FULL, source_cdn: cdn }, 'src_node.security_token', 't1'),
      'dst_node.security_token',
      't2',
    );
    expect(keysOf(body)).toEqual({
      source: { accessKey: 'ak1', secretKey: 'sk1', securityToken: 't1' },
      destination: { accessKey: 'ak2', secretKey: 'sk2', securityToken: 't2' },
      cdn: { accessKey: '', secretKey: 'cdn-key' },
    });
  });

  it('are those of the destination alone for a URL list', () =>
    expect(keysOf(withField(URLS, 'src_node.ak', 'unused'))).toEqual({
      source: null,
      destination: { accessKey: 'ak2', secretKey: 'sk2' },
      cdn: null,
    }));

  const renewed = (settings: typeof taskSettings, fields: object = {}) =>
    renewedSecretsOf(settings, validateRequest(StartTaskDto, { ...NEW_KEYS, ...fields }));
  const cdn = { domain: 'd', protocol: 'HTTP', authenticationType: 'TENCENT_COS_A' } as const;

  it('are given anew when it starts', () => {
    expect(renewed(taskSettings, { src_security_token: 't3', dst_security_token: 't4' })).toEqual({
      source: { accessKey: 'ak3', secretKey: 'sk3', securityToken: 't3' },
      destination: { accessKey: 'ak4', secretKey: 'sk4', securityToken: 't4' },
      cdn: null,
    });
    const key = { source_cdn_authentication_key: 'k' };
    expect(renewed({ ...taskSettings, cdn }, key).cdn).toEqual({ accessKey: '', secretKey: 'k' });
    const urls = renewed({ ...taskSettings, taskType: 'url_list' }, { src_ak: '', src_sk: undefined });
    expect(urls.source).toBeNull();
  });

  it('must be those that it needs', () => {
    for (const field of ['src_ak', 'src_sk'])
      expect(refusalOf(() => renewed(taskSettings, { [field]: '' }))).toBe(`${field} OMS.1004`);
    const field = 'source_cdn_authentication_key';
    expect(refusalOf(() => renewed({ ...taskSettings, cdn }))).toBe(`${field} OMS.1032`);
    expect(refusalOf(() => renewed(taskSettings, { [field]: 'k' }))).toBe(`${field} OMS.0001`);
  });
});
