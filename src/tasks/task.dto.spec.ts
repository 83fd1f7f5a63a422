import fc from 'fast-check';
import {
  CDN,
  DESTINATION,
  LIST_FILE,
  NEW_KEYS,
  refusalOfBody,
  RULE,
  SMN,
  SOURCE,
  TASK_BODY,
  withField,
} from '../../test/support/task-bodies.js';
import { validateRequest } from '../http/validation/validate-request.js';
import {
  BatchUpdateTasksDto,
  BandwidthPolicyDto,
  CreateTaskDto,
  ListTasksQuery,
  StartTaskDto,
  TaskPath,
} from './task.dto.js';

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

  it('takes nulls for absent fields, at any depth, and passes over what it does not know', () => {
    const body = { ...TASK_BODY, description: null, source_cdn: null, unknown: 1 };
    const dst_node = { ...DESTINATION, save_prefix: null, unknown: { a: 1 } };
    const made = validateRequest(CreateTaskDto, { ...body, dst_node });
    expect(made).toMatchObject({ description: '', dst_node: { save_prefix: '' } });
    expect([made.source_cdn, 'unknown' in made, 'unknown' in made.dst_node]).toEqual([undefined, false, false]);
  });

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

describe('the values of a task', () => {
  it.each(['^', '<', '>', '(', ')', '"', "'", '&'])('has no %s in its description', (character) =>
    expect(create('description', `a${character}b`)).toBe('description OMS.0078'),
  );

  it('takes any other text for a description', () => {
    const text = fc.string({ unit: 'grapheme', maxLength: 60 }).filter((sample) => !/[\^<>()"'&]/.test(sample));
    fc.assert(fc.property(text, (description) => create('description', description) === undefined));
  });

  it('has a time in seconds', () => {
    for (const right of [0, 1_768_406_400, 253_402_300_799]) expect(create('migrate_since', right)).toBeUndefined();
    for (const wrong of [-1, 1.5, '1', 1_768_406_400_000, 2 ** 53])
      expect(create('migrate_since', wrong)).toBe('migrate_since OMS.0001');
  });

  it('names at most 500 objects of at most 1,024 characters', () => {
    const key = 'src_node.object_key';
    for (const right of [[''], ['a', 'b/'], Array.from({ length: 500 }, () => 'k'.repeat(1024))])
      expect(create(key, right)).toBeUndefined();
    for (const wrong of [
      Array.from({ length: 501 }, () => 'k'),
      ['k'.repeat(1025)],
      [7],
      ['a', null],
      ['\ud800'],
      'a',
      { 0: 'a' },
    ])
      expect(create(key, wrong)).toBe(`${key} OMS.0001`);
  });

  it('has whole characters in keys', () => {
    for (const path of ['dst_node.save_prefix', 'src_node.list_file.list_file_key'])
      expect(create(path, 'a\udc00')).toBe(`${path} OMS.0001`);
  });

  it('counts list files in digits', () => {
    for (const right of ['', '1', '12']) expect(create('src_node.list_file.list_file_num', right)).toBeUndefined();
    for (const wrong of ['x', 1, '-1'])
      expect(create('src_node.list_file.list_file_num', wrong)).toBe('src_node.list_file.list_file_num OMS.0001');
  });

  it.each([
    'cdn.example.com',
    'CDN.example.com:8080',
    '127.0.0.1:9000',
    'localhost',
    'a_b.example',
    'xn--bcher-kva.example',
  ])('reads from the domain %s', (domain) => expect(create('source_cdn.domain', domain)).toBeUndefined());

  it.each([
    'https://cdn.example.com',
    'a/b',
    'a b',
    'a..b',
    '.a',
    'a.',
    '-a.b',
    'a:',
    'a:0',
    'a:65536',
    'u@h',
    'ä.de',
    'x'.repeat(64),
  ])('does not read from the domain %s', (domain) =>
    expect(create('source_cdn.domain', domain)).toBe('source_cdn.domain OMS.0081'),
  );

  it('writes the protocol and Qiniu in one way', () => {
    const cdn = { ...CDN, protocol: 'https', authentication_type: 'Qiniu_PRIVATE_AUTHENTICATION' };
    const made = validateRequest(CreateTaskDto, { ...FULL, source_cdn: cdn });
    expect(made.source_cdn).toMatchObject({ protocol: 'HTTPS', authentication_type: 'QINIU_PRIVATE_AUTHENTICATION' });
  });

  it('is told about in one or both cases', () => {
    const path = 'smn_config.trigger_conditions';
    for (const right of [['SUCCESS'], ['FAILURE', 'SUCCESS']]) expect(create(path, right)).toBeUndefined();
    for (const wrong of [[], ['SUCCESS', 'SUCCESS'], ['success'], [7], 'SUCCESS', {}])
      expect(create(path, wrong)).toBe(`${path} OMS.0001`);
  });
});

describe('traffic limiting rules', () => {
  const rules = (...given: unknown[]) => refusalOfBody(BandwidthPolicyDto, { bandwidth_policy: given });
  const at = (start: string, end: string) => ({ ...RULE, start, end });

  it('are five at most, none included, but must be said', () => {
    const five = ['00', '01', '02', '03', '04'].map((hour) => at(`${hour}:00`, `${hour}:59`));
    expect([rules(), rules(...five)]).toEqual([undefined, undefined]);
    expect(rules(...five, at('05:00', '06:00'))).toBe('bandwidth_policy OMS.0083');
    expect(refusalOfBody(BandwidthPolicyDto, {})).toBe('bandwidth_policy OMS.1004');
    for (const wrong of [7, 'x', {}, [7], [null], [[]]])
      expect(refusalOfBody(BandwidthPolicyDto, { bandwidth_policy: wrong })).toBe('bandwidth_policy OMS.0001');
  });

  it.each(['start', 'end', 'max_bandwidth'])('need a %s', (field) =>
    expect(rules(RULE, { ...at('11:00', '12:00'), [field]: undefined })).toBe(`bandwidth_policy[1].${field} OMS.1004`),
  );

  it.each(['8:00', '24:00', '12:60', '12:3', '12:00:00', '', 'noon', 700])('have no time %j', (time) => {
    expect(rules({ ...RULE, end: time })).toBe('bandwidth_policy[0].end OMS.0087');
    expect(rules({ ...RULE, start: time })).toBe('bandwidth_policy[0].start OMS.0087');
  });

  it('end after they begin', () => {
    expect(rules(at('00:00', '23:59'))).toBeUndefined();
    for (const wrong of [at('10:00', '10:00'), at('23:00', '01:00')])
      expect(rules(wrong)).toBe('bandwidth_policy[0].end OMS.0087');
  });

  it('do not overlap, in whatever order they come', () => {
    expect(rules(at('10:00', '12:00'), at('08:00', '10:00'), at('12:00', '13:00'))).toBeUndefined();
    expect(rules(at('10:00', '12:00'), at('08:00', '10:01'))).toBe('bandwidth_policy OMS.0085');
    expect(rules(at('00:00', '23:59'), at('08:00', '09:00'))).toBe('bandwidth_policy OMS.0085');
    expect(rules(RULE, RULE)).toBe('bandwidth_policy OMS.0085');
  });

  it('allow 1 to 200 MiB a second', () => {
    const of = (max_bandwidth: unknown) => rules({ ...RULE, max_bandwidth });
    expect([of(1_048_576), of(209_715_200)]).toEqual([undefined, undefined]);
    for (const wrong of [1_048_575, 209_715_201, 0, -1])
      expect(of(wrong)).toBe('bandwidth_policy[0].max_bandwidth OMS.0084');
    for (const wrong of ['1048576', 1_048_576.5, true])
      expect(of(wrong)).toBe('bandwidth_policy[0].max_bandwidth OMS.0001');
  });

  it('may come with a new task, each named by its place', () => {
    expect(create('bandwidth_policy', [RULE])).toBeUndefined();
    expect(create('bandwidth_policy', [{ ...RULE, end: '07:00' }])).toBe('bandwidth_policy[0].end OMS.0087');
  });
});

describe('starting a task', () => {
  const start = (fields: object) => refusalOfBody(StartTaskDto, { ...NEW_KEYS, ...fields });

  it('needs the keys of the destination; those of the source are for its kind to say', () => {
    expect(start({ src_ak: undefined, src_sk: undefined })).toBeUndefined();
    for (const field of ['dst_ak', 'dst_sk']) {
      expect(start({ [field]: undefined })).toBe(`${field} OMS.1004`);
      for (const wrong of ['', 'x'.repeat(101), 7]) expect(start({ [field]: wrong })).toBe(`${field} OMS.0001`);
    }
  });

  it.each([
    ['src_ak', 100],
    ['src_sk', 100],
    ['src_security_token', 16_384],
    ['dst_security_token', 16_384],
    ['source_cdn_authentication_key', 255],
  ])('takes %s up to %i characters', (field, max) => {
    expect([start({ [field]: '' }), start({ [field]: 'x'.repeat(max) })]).toEqual([undefined, undefined]);
    for (const wrong of ['x'.repeat(max + 1), 7]) expect(start({ [field]: wrong })).toBe(`${field} OMS.0001`);
  });

  it('goes through all objects unless told otherwise', () => {
    expect(validateRequest(StartTaskDto, NEW_KEYS).migrate_failed_object).toBe(false);
    for (const wrong of ['true', 1])
      expect(start({ migrate_failed_object: wrong })).toBe('migrate_failed_object OMS.0001');
  });

  it.each(['json_auth_file', 'connection_string', 'src_kms_key_id', 'dst_kms_key_id', 'source_cdn_kms_key_id'])(
    'refuses %s',
    (field) => expect(start({ [field]: 'x' })).toBe(`${field} OMS.0001`),
  );

  it.each(['src_crypto_type', 'dst_crypto_type', 'source_cdn_crypto_type'])('takes DEFAULT only for %s', (field) => {
    expect(start({ [field]: 'DEFAULT' })).toBeUndefined();
    expect(start({ [field]: 'KMS' })).toBe(`${field} OMS.0001`);
  });
});

describe('the other calls', () => {
  it('take up to 20 ids in a batch', () => {
    const batch = (fields: object) => refusalOfBody(BatchUpdateTasksDto, { bandwidth_policy: [], ...fields });
    for (const right of [[], [1], Array.from({ length: 20 }, (_, id) => id)])
      expect(batch({ ids: right })).toBeUndefined();
    for (const wrong of [Array.from({ length: 21 }, (_, id) => id), [-1], [1.5], ['1'], [null], 7, {}])
      expect(batch({ ids: wrong })).toBe('ids OMS.0001');
    for (const wrong of ['', 'x'.repeat(37), 7]) expect(batch({ group_id: wrong })).toBe('group_id OMS.0001');
    expect(batch({ task_priority: 'URGENT' })).toBe('task_priority OMS.0001');
    expect(refusalOfBody(BatchUpdateTasksDto, { ids: [1] })).toBe('bandwidth_policy OMS.1004');
  });

  it('take the filters of a list as text', () => {
    const list = (query: object) => refusalOfBody(ListTasksQuery, query);
    expect(validateRequest(ListTasksQuery, {})).toMatchObject({ limit: 10, offset: 0 });
    const all = { limit: '100', offset: '2147483647', status: '7', group_id: 'g', task_name: 'n' };
    expect(validateRequest(ListTasksQuery, all)).toEqual({
      limit: 100,
      offset: 2_147_483_647,
      status: 7,
      group_id: 'g',
      task_name: 'n',
    });
    expect(list({ group_id: '', task_name: '' })).toBeUndefined();
    for (const [field, values] of Object.entries({
      limit: ['0', '101', 'x', ['1', '2']],
      offset: ['-1', '2147483648', '1.5'],
      status: ['0', '8', 'paused', '1e0'],
      group_id: ['x'.repeat(101), ['a', 'b']],
      task_name: ['x'.repeat(256), ['a', 'b']],
    }))
      for (const value of values) expect(list({ [field]: value })).toBe(`${field} OMS.0001`);
  });

  it('take a task id of any text', () => {
    expect(refusalOfBody(TaskPath, { project_id: 'p', task_id: 'x' })).toBeUndefined();
    expect(refusalOfBody(TaskPath, { project_id: 'p', task_id: 'x'.repeat(1025) })).toBe('task_id OMS.0001');
  });
});
