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
  BandwidthPolicyDto,
  CreateTaskGroupDto,
  ListTaskGroupsQuery,
  RenewedKeysDto,
  RetryTaskGroupDto,
  TaskGroupPath,
} from './task-group.dto.js';

const FULL = { ...TASK_BODY, src_node: { ...SOURCE, list_file: LIST_FILE }, source_cdn: CDN, smn_config: SMN };
const create = (path: string, value: unknown) => refusalOfBody(CreateTaskGroupDto, withField(FULL, path, value));

describe('creating a task group', () => {
  it('fills in what may be left out: the type is PREFIX', () =>
    expect(validateRequest(CreateTaskGroupDto, TASK_BODY)).toMatchObject({
      ...{ task_type: 'PREFIX', description: '', migrate_since: 0, bandwidth_policy: [], enable_kms: false },
      ...{ enable_failed_object_recording: true, enable_restore: false, enable_requester_pays: false },
      src_node: SOURCE,
      dst_node: DESTINATION,
    }));

  it.each(['LIST', 'URL_LIST', 'PREFIX'])('takes the type %s', (type) =>
    expect(create('task_type', type)).toBeUndefined(),
  );

  it.each(['prefix', 'OBJECT', 'list', '', 7])('refuses the type %j', (type) =>
    expect(create('task_type', type)).toBe('task_type OMS.0001'),
  );

  it('knows no priority: its tasks have the middle one', () =>
    expect(create('task_priority', 'HIGH')).toBe('task_priority OMS.0074'));

  it.each<[string, unknown, string]>([
    ['src_node', undefined, 'OMS.1004'],
    ['dst_node', undefined, 'OMS.1004'],
    ['dst_node.ak', undefined, 'OMS.1004'],
    ['dst_node.bucket', '', 'OMS.0001'],
    ['src_node.cloud_type', 'ALIYUN', 'OMS.0001'],
    ['src_node.list_file.list_file_key', undefined, 'OMS.1004'],
    ['description', 'a<b', 'OMS.0078'],
    ['enable_kms', 'true', 'OMS.0001'],
    ['migrate_since', -1, 'OMS.0001'],
    ['source_cdn.protocol', 'FTP', 'OMS.0001'],
    ['smn_config.trigger_conditions', ['MAYBE'], 'OMS.0001'],
    ['dst_storage_policy', 'COLD', 'OMS.0001'],
  ])('refuses %s %j with %s', (path, value, code) => expect(create(path, value)).toBe(`${path} ${code}`));

  it('refuses traffic rules that overlap', () =>
    expect(create('bandwidth_policy', [RULE, { ...RULE, start: '09:00' }])).toBe('bandwidth_policy OMS.0085'));
});

describe('starting a task group', () => {
  it('needs the keys of the destination', () => {
    expect(refusalOfBody(RenewedKeysDto, NEW_KEYS)).toBeUndefined();
    expect(refusalOfBody(RenewedKeysDto, { ...NEW_KEYS, dst_ak: undefined })).toBe('dst_ak OMS.1004');
  });
});

describe('retrying a task group', () => {
  const retry = (fields: object) => refusalOfBody(RetryTaskGroupDto, fields);

  it('needs nothing', () =>
    expect(validateRequest(RetryTaskGroupDto, {})).toMatchObject({
      migrate_failed_object: false,
      src_ak: '',
      src_sk: '',
    }));

  it('takes empty keys for absent ones', () =>
    expect(validateRequest(RetryTaskGroupDto, { dst_ak: '', dst_sk: '', src_ak: '' })).toMatchObject({
      ...{ dst_ak: undefined, dst_sk: undefined, src_ak: '' },
    }));

  it('takes new keys', () => expect(validateRequest(RetryTaskGroupDto, NEW_KEYS)).toMatchObject(NEW_KEYS));

  it.each<[object, string]>([
    [{ dst_ak: 'x'.repeat(101) }, 'dst_ak OMS.0001'],
    [{ src_sk: 7 }, 'src_sk OMS.0001'],
    [{ migrate_failed_object: 'yes' }, 'migrate_failed_object OMS.0001'],
    [{ json_auth_file: '{}' }, 'json_auth_file OMS.0001'],
    [{ src_crypto_type: 'KMS' }, 'src_crypto_type OMS.0001'],
    [{ source_cdn_authentication_key: 'x'.repeat(256) }, 'source_cdn_authentication_key OMS.0001'],
  ])('refuses %j', (fields, refusal) => expect(retry(fields)).toBe(refusal));
});

it('new traffic rules must be given', () => {
  expect(refusalOfBody(BandwidthPolicyDto, {})).toBe('bandwidth_policy OMS.1004');
  expect(refusalOfBody(BandwidthPolicyDto, { bandwidth_policy: [] })).toBeUndefined();
});

describe('the list of task groups', () => {
  it('has defaults', () => expect(validateRequest(ListTaskGroupsQuery, {})).toEqual({ limit: 10, offset: 0 }));

  it.each<[object, string | undefined]>([
    [{ limit: '100', offset: '2147483647', status: '0' }, undefined],
    [{ status: '9' }, undefined],
    [{ status: '10' }, 'status OMS.0001'],
    [{ limit: '0' }, 'limit OMS.0001'],
    [{ offset: '2147483648' }, 'offset OMS.0001'],
  ])('takes or refuses %j', (query, refusal) => expect(refusalOfBody(ListTaskGroupsQuery, query)).toBe(refusal));
});

it('a path names a group in 1 to 1024 characters', () => {
  const path = (length: number) => ({ project_id: 'p', group_id: 'g'.repeat(length) });
  expect(refusalOfBody(TaskGroupPath, path(1024))).toBeUndefined();
  expect(refusalOfBody(TaskGroupPath, path(1025))).toBe('group_id OMS.0001');
});
