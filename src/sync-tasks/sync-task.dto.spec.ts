import fc from 'fast-check';
import type { ClassConstructor } from 'class-transformer';
import { OmsError } from '../kernel/oms-error.js';
import { validateRequest } from '../http/validation/validate-request.js';
import {
  CreateSyncEventsDto,
  CreateSyncTaskDto,
  ListSyncTasksQuery,
  ShowSyncTaskQuery,
  StartSyncTaskDto,
  StatisticsQuery,
  SyncTaskPath,
} from './sync-task.dto.js';

const MANDATORY = {
  src_region: 'r1',
  src_bucket: 'b1',
  src_ak: 'ak1',
  src_sk: 'sk1',
  dst_ak: 'ak2',
  dst_sk: 'sk2',
  dst_region: 'r2',
  dst_bucket: 'b2',
};
const KEYS = { src_ak: 'ak1', src_sk: 'sk1', dst_ak: 'ak2', dst_sk: 'sk2' };

/** `field code` of the refusal; undefined when the input is taken. */
const refusalOf = (type: ClassConstructor<object>, input: unknown): string | undefined => {
  try {
    validateRequest(type, input);
  } catch (error) {
    if (error instanceof OmsError) return `${error.message.split(/[ []/, 1)[0] ?? ''} ${error.code}`;
    throw error;
  }
  return undefined;
};
const create = (fields: object) => refusalOf(CreateSyncTaskDto, { ...MANDATORY, ...fields });

describe('creating a sync task', () => {
  it('needs its mandatory fields only, and fills in the rest', () =>
    expect(validateRequest(CreateSyncTaskDto, MANDATORY)).toMatchObject({
      ...MANDATORY,
      src_cloud_type: 'Aliyun',
      dst_cloud_type: 'HuaweiCloud',
      description: '',
      enable_metadata_migration: false,
      enable_kms: false,
      enable_restore: false,
      consistency_check: 'size_last_modified',
    }));

  it.each(Object.keys(MANDATORY))('refuses a missing, null, empty or mistyped %s', (field) => {
    expect(create({ [field]: undefined })).toBe(`${field} OMS.1004`);
    expect(create({ [field]: null })).toBe(`${field} OMS.1004`);
    expect(create({ [field]: '' })).toBe(`${field} OMS.0001`);
    for (const wrong of [7, true, {}, ['x']]) expect(create({ [field]: wrong })).toBe(`${field} OMS.0001`);
  });

  it.each([
    ['src_region', 100],
    ['src_bucket', 1024],
    ['src_ak', 100],
    ['src_sk', 100],
    ['dst_ak', 100],
    ['dst_sk', 100],
    ['dst_region', 100],
    ['dst_bucket', 1024],
    ['description', 255],
    ['app_id', 255],
  ])('takes %s up to %i characters', (field, max) => {
    expect(create({ [field]: 'x'.repeat(max) })).toBeUndefined();
    expect(create({ [field]: 'x'.repeat(max + 1) })).toBe(`${field} OMS.0001`);
  });

  it.each([
    'AWS',
    'Azure',
    'Aliyun',
    'QingCloud',
    'KingsoftCloud',
    'Baidu',
    'Qiniu',
    'UCloud',
    'Google',
    'HEC',
    'Local',
  ])('takes the cloud %s', (cloud) => expect(create({ src_cloud_type: cloud })).toBeUndefined());

  it.each(['aws', '', 7])('refuses the cloud %j', (cloud) =>
    expect(create({ src_cloud_type: cloud })).toBe('src_cloud_type OMS.0001'),
  );

  it('needs an app_id for Tencent, and for no other cloud', () => {
    const Tencent = { src_cloud_type: 'Tencent' };
    expect(create(Tencent)).toBe('app_id OMS.1004');
    expect(create({ ...Tencent, app_id: '' })).toBe('app_id OMS.0001');
    expect(create({ ...Tencent, app_id: '1250000000' })).toBeUndefined();
    expect(create({ app_id: '' })).toBeUndefined();
    expect(create({ app_id: 7 })).toBe('app_id OMS.0001');
  });

  it.each(['<', '>', '(', ')', '\\', '"', "'", '&'])('refuses %s in a description', (character) =>
    expect(create({ description: `a${character}b` })).toBe('description OMS.0078'),
  );

  it('takes any other text for a description', () => {
    const text = fc.string({ unit: 'grapheme', maxLength: 60 }).filter((sample) => !/[<>()\\"'&]/.test(sample));
    fc.assert(fc.property(text, (description) => create({ description }) === undefined));
  });

  it.each(['enable_metadata_migration', 'enable_kms', 'enable_restore'])(
    'takes a JSON boolean only for %s',
    (field) => {
      expect(create({ [field]: true })).toBeUndefined();
      for (const wrong of ['true', 1, 0, '']) expect(create({ [field]: wrong })).toBe(`${field} OMS.0001`);
    },
  );

  it('takes crc64 for the clouds that have it', () => {
    for (const cloud of ['HuaweiCloud', 'Aliyun', 'Tencent'])
      expect(create({ src_cloud_type: cloud, consistency_check: 'crc64', app_id: '1' })).toBeUndefined();
    expect(create({ consistency_check: 'crc64' })).toBeUndefined();
    expect(create({ src_cloud_type: 'AWS', consistency_check: 'crc64' })).toBe('consistency_check OMS.0001');
  });

  it.each([
    { dst_storage_policy: 'COLD' },
    { dst_cloud_type: 'Mars' },
    { consistency_check: 'md5' },
    { consistency_check: 'transmission' },
    { source_cdn: { domain: 'x' } },
    { src_crypto_type: 'KMS' },
    { dst_crypto_type: 'KMS' },
    { src_crypto_type: '' },
    { src_kms_key_id: 'a' },
    { dst_kms_key_id: 'a' },
  ])('refuses %j by name', (fields) => expect(create(fields)).toBe(`${Object.keys(fields)[0] ?? ''} OMS.0001`));

  it('takes what says the default', () =>
    expect(create({ src_crypto_type: 'DEFAULT', source_cdn: null, dst_storage_policy: 'IA' })).toBeUndefined());

  it('drops fields it does not know', () =>
    expect(validateRequest(CreateSyncTaskDto, { ...MANDATORY, src_session: 1 })).not.toHaveProperty('src_session'));

  it('tells of a missing field before a wrong one', () =>
    expect(create({ description: '<', enable_kms: 1, dst_bucket: undefined })).toBe('dst_bucket OMS.1004'));

  it('never throws anything but a refusal, whatever comes', () => {
    const field = fc.constantFrom(
      ...Object.keys(MANDATORY),
      'description',
      'source_cdn',
      'app_id',
      'constructor',
      'toString',
    );
    fc.assert(fc.property(fc.dictionary(field, fc.jsonValue()), (fields) => void create(fields)));
  });
});

describe('starting a sync task', () => {
  it('needs all four keys', () => {
    expect(refusalOf(StartSyncTaskDto, KEYS)).toBeUndefined();
    for (const key of Object.keys(KEYS)) {
      expect(refusalOf(StartSyncTaskDto, { ...KEYS, [key]: undefined })).toBe(`${key} OMS.1004`);
      expect(refusalOf(StartSyncTaskDto, { ...KEYS, [key]: 'x'.repeat(101) })).toBe(`${key} OMS.0001`);
    }
  });

  it('takes an empty CDN key, which says nothing, and no other', () => {
    expect(refusalOf(StartSyncTaskDto, { ...KEYS, source_cdn_authentication_key: '' })).toBeUndefined();
    expect(refusalOf(StartSyncTaskDto, { ...KEYS, source_cdn_authentication_key: 'x' })).toBe(
      'source_cdn_authentication_key OMS.0001',
    );
  });
});

describe('sync events', () => {
  it('name 1 to 100 objects', () => {
    const keys = (count: number) => ({ object_keys: Array.from({ length: count }, (_, index) => `k${index}`) });
    expect([0, 1, 100, 101].map((count) => refusalOf(CreateSyncEventsDto, keys(count)))).toEqual([
      'object_keys OMS.0001',
      undefined,
      undefined,
      'object_keys OMS.0001',
    ]);
  });
});

describe('queries', () => {
  it('of the list have defaults, and an empty status is none', () => {
    expect(validateRequest(ListSyncTasksQuery, {})).toEqual({ limit: 10, offset: 0 });
    expect(validateRequest(ListSyncTasksQuery, { limit: '100', offset: '10000', status: '' })).toEqual({
      limit: 100,
      offset: 10_000,
    });
  });

  it('of the month take any millisecond up to the year 9999', () => {
    const query = (query_time?: string) => refusalOf(ShowSyncTaskQuery, { query_time });
    expect([query('0'), query('253402300799999')]).toEqual([undefined, undefined]);
    expect([query(), query('253402300800000'), query('-1'), query('now')]).toEqual([
      'query_time OMS.1004',
      'query_time OMS.0001',
      'query_time OMS.0001',
      'query_time OMS.0001',
    ]);
  });

  it('of statistics keep the order of their types', () => {
    const query = { data_type: 'SIZE,REQUEST', start_time: '5', end_time: '5' };
    expect(validateRequest(StatisticsQuery, query).types).toEqual(['SIZE', 'REQUEST']);
  });

  it.each([
    [{ data_type: 'SIZE,SIZE' }, 'data_type OMS.0001'],
    [{ data_type: 'SIZE,' }, 'data_type OMS.0001'],
    [{ data_type: 'size' }, 'data_type OMS.0001'],
    [{ data_type: ['SIZE', 'SKIP'] }, 'data_type OMS.0001'],
    [{ data_type: undefined }, 'data_type OMS.1004'],
    [{ start_time: '6' }, 'start_time OMS.0001'],
    [{ end_time: undefined }, 'end_time OMS.1004'],
  ])('of statistics refuse %j', (fields, expected) =>
    expect(refusalOf(StatisticsQuery, { data_type: 'SIZE', start_time: '5', end_time: '5', ...fields })).toBe(expected),
  );
});

it('a path names a project and a task in 1 to 1024 characters', () => {
  const pathOf = (length: number) => ({ project_id: 'p', sync_task_id: 't'.repeat(length) });
  expect(refusalOf(SyncTaskPath, pathOf(1024))).toBeUndefined();
  expect(refusalOf(SyncTaskPath, pathOf(1025))).toBe('sync_task_id OMS.0001');
});
