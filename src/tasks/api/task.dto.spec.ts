import {
  CDN,
  DESTINATION,
  LIST_FILE,
  refusalOfBody,
  SMN,
  SOURCE,
  TASK_BODY,
  withField,
} from '../../../test/support/task-bodies.js';
import { validateRequest } from '../../http/validation/validate-request.js';
import { CreateTaskDto } from './task.dto.js';

const FULL = {
  ...TASK_BODY,
  src_node: { ...SOURCE, list_file: LIST_FILE },
  source_cdn: CDN,
  smn_config: SMN,
};
const create = (path: string, value: unknown) => refusalOfBody(CreateTaskDto, withField(FULL, path, value));
const WRONG_TEXTS = [7, true, {}, ['x']];

describe('creating a task', () => {
  it('fills in what may be left out', () =>
    expect(validateRequest(CreateTaskDto, TASK_BODY)).toMatchObject({
      ...{ task_type: 'object', task_priority: 'MEDIUM', description: '', migrate_since: 0, bandwidth_policy: [] },
      ...{ enable_kms: false, enable_metadata_migration: false, enable_restore: false, enable_requester_pays: false },
      ...{
        enable_failed_object_recording: true,
        consistency_check: 'size_last_modified',
        dst_storage_policy: 'STANDARD',
      },
      object_overwrite_mode: 'SIZE_LAST_MODIFIED_COMPARISON_OVERWRITE',
      src_node: { ...SOURCE, app_id: '', security_token: '' },
      dst_node: { ...DESTINATION, cloud_type: 'HuaweiCloud', save_prefix: '', security_token: '' },
    }));

  it('takes nulls for absent fields, at any depth', () => {
    const dst_node = { ...DESTINATION, save_prefix: null };
    const made = validateRequest(CreateTaskDto, { ...TASK_BODY, dst_node, description: null, source_cdn: null });
    expect(made).toMatchObject({ description: '', dst_node: { save_prefix: '' } });
    expect(made.source_cdn).toBeUndefined();
  });

  it.each(['unknown', 'src_node.unknown', 'dst_node.unknown', 'src_node.list_file.unknown', 'source_cdn.unknown'])(
    'refuses a field that it does not have: %s',
    (path) => expect(create(path, 1)).toBe(`${path} OMS.0074`),
  );

  it.each([
    'src_node',
    'dst_node',
    'dst_node.region',
    'dst_node.bucket',
    'dst_node.ak',
    'dst_node.sk',
    'src_node.list_file.list_file_key',
    'src_node.list_file.obs_bucket',
    'source_cdn.domain',
    'source_cdn.protocol',
    'smn_config.topic_urn',
    'smn_config.trigger_conditions',
  ])('needs %s, and names it by its whole path', (path) => {
    expect(create(path, undefined)).toBe(`${path} OMS.1004`);
    expect(create(path, null)).toBe(`${path} OMS.1004`);
  });

  it.each(['src_node', 'dst_node', 'source_cdn', 'smn_config', 'src_node.list_file'])(
    'takes an object only for %s',
    (path) => {
      for (const wrong of [7, true, 'x', [], [{}]]) expect(create(path, wrong)).toBe(`${path} OMS.0001`);
    },
  );

  it.each([
    ['src_node.region', 0, 100],
    ['src_node.ak', 0, 100],
    ['src_node.sk', 0, 100],
    ['src_node.security_token', 0, 16_384],
    ['src_node.app_id', 0, 255],
    ['src_node.bucket', 0, 1024],
    ['src_node.list_file.list_file_key', 1, 1024],
    ['src_node.list_file.obs_bucket', 1, 1024],
    ['dst_node.region', 1, 100],
    ['dst_node.ak', 1, 100],
    ['dst_node.sk', 1, 100],
    ['dst_node.security_token', 0, 16_384],
    ['dst_node.bucket', 1, 1024],
    ['dst_node.save_prefix', 0, 1024],
    ['description', 0, 255],
    ['source_cdn.authentication_key', 0, 255],
    ['smn_config.topic_urn', 1, 1024],
    ['smn_config.message_template_name', 0, 255],
  ])('takes a text of %s of %i to %i characters', (path, min, max) => {
    expect(create(path, 'x'.repeat(max))).toBeUndefined();
    expect(create(path, 'x'.repeat(max + 1))).toBe(`${path} OMS.0001`);
    expect(create(path, '')).toBe(min === 0 ? undefined : `${path} OMS.0001`);
    for (const wrong of WRONG_TEXTS) expect(create(path, wrong)).toBe(`${path} OMS.0001`);
  });

  it.each([
    ['task_type', ['object', 'prefix', 'list', 'url_list'], 'PREFIX'],
    ['task_priority', ['HIGH', 'MEDIUM', 'LOW'], 'high'],
    ['src_node.cloud_type', ['AWS', 'Azure', 'URLSource', 'Local'], 'aws'],
    ['dst_node.cloud_type', ['HuaweiCloud', 'AWS', 'Local'], 'OBS'],
    ['consistency_check', ['size_last_modified', 'crc64', 'no_check'], 'transmission'],
    ['dst_storage_policy', ['STANDARD', 'IA', 'ARCHIVE', 'DEEP_ARCHIVE', 'SRC_STORAGE_MAPPING'], 'COLD'],
    ['smn_config.language', ['zh-cn', 'en-us'], 'de-de'],
    ['source_cdn.protocol', ['HTTP', 'HTTPS', 'http', 'https'], 'ftp'],
    [
      'source_cdn.authentication_type',
      ['NONE', 'ALIYUN_OSS_A', 'TENCENT_COS_D', 'Qiniu_PRIVATE_AUTHENTICATION'],
      'none',
    ],
  ])('takes its own words for %s', (path, right, wrong) => {
    for (const word of right) expect(create(path, word)).toBeUndefined();
    for (const word of [wrong, '', 7, [right[0]]]) expect(create(path, word)).toBe(`${path} OMS.0001`);
  });

  it.each([
    'enable_kms',
    'enable_metadata_migration',
    'enable_restore',
    'enable_failed_object_recording',
    'enable_requester_pays',
  ])('takes a JSON boolean only for %s', (path) => {
    expect([create(path, true), create(path, false)]).toEqual([undefined, undefined]);
    for (const wrong of ['true', 1, '']) expect(create(path, wrong)).toBe(`${path} OMS.0001`);
  });

  it.each(['src_node.json_auth_file', 'src_node.connection_string'])('refuses %s unless it is empty', (path) => {
    expect(create(path, '')).toBeUndefined();
    for (const wrong of ['{"type":"service_account"}', 7]) expect(create(path, wrong)).toBe(`${path} OMS.0001`);
  });

  it.each(['src_node', 'dst_node', 'source_cdn'])('takes the keys of %s in the clear only', (node) => {
    expect(create(`${node}.crypto_type`, 'DEFAULT')).toBeUndefined();
    expect(create(`${node}.crypto_type`, 'KMS')).toBe(`${node}.crypto_type OMS.0001`);
    expect(create(`${node}.kms_key_id`, 'k')).toBe(`${node}.kms_key_id OMS.0001`);
  });
});
