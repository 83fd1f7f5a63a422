import { badBodies, RefusalStage, SECRETS, TASKS, without, type BadRequest } from '../support/bad-input.js';
import { SyncStage } from '../support/sync-stage.js';

const MANDATORY = ['src_region', 'src_bucket', 'src_ak', 'src_sk', 'dst_region', 'dst_bucket', 'dst_ak', 'dst_sk'];
const SECRET_FIELDS = Object.keys(SECRETS);

const GOOD = {
  src_cloud_type: 'AWS',
  src_region: 'stage-source',
  src_bucket: SyncStage.sourceBucket,
  dst_region: 'stage-target',
  dst_bucket: SyncStage.destinationBucket,
  ...SECRETS,
};

type Wrong = readonly [field: string, value: unknown, code?: string];
const shown = (value: unknown) => (JSON.stringify(value) as string | undefined)?.slice(0, 40) ?? 'undefined';

const creating = (field: string, value: unknown, code = 'OMS.0001', more: object = {}): BadRequest => ({
  bad: `create with ${field} = ${shown(value)}`,
  method: 'POST',
  path: TASKS,
  body: { ...GOOD, ...more, [field]: value },
  status: 400,
  code,
  names: field,
});

const starting = (field: string, value: unknown): BadRequest => ({
  bad: `start with ${field} = ${shown(value)}`,
  method: 'POST',
  path: `${TASKS}/{stopped}/start`,
  body: { ...SECRETS, [field]: value },
  status: 400,
  code: 'OMS.0001',
  names: field,
});

const without1 = (path: string, base: object, field: string): BadRequest => ({
  bad: `POST ${path} without ${field}`,
  method: 'POST',
  path,
  body: without(base, field),
  status: 400,
  code: 'OMS.1004',
  names: field,
});

const WRONG_CREATE: readonly Wrong[] = [
  ...MANDATORY.flatMap((field): Wrong[] => [
    [field, 17],
    [field, true],
    [field, ['a']],
    [field, { a: 1 }],
    [field, ''],
    [field, null, 'OMS.1004'],
  ]),
  ...SECRET_FIELDS.map((field): Wrong => [field, 'x'.repeat(101)]),
  ['src_region', 'r'.repeat(101)],
  ['dst_region', 'r'.repeat(101)],
  ['src_bucket', 'b'.repeat(1025)],
  ['dst_bucket', 'b'.repeat(1025)],
  ['src_cloud_type', 'aws'],
  ['src_cloud_type', 'NoSuchCloud'],
  ['src_cloud_type', ''],
  ['src_cloud_type', 3],
  ['src_cloud_type', 'Azure', 'OMS.0057'],
  ['dst_cloud_type', 'Azure', 'OMS.0058'],
  ['dst_cloud_type', 'huaweicloud'],
  ['dst_cloud_type', false],
  ['src_region', 'nowhere-1', 'OMS.0079'],
  ['dst_region', 'nowhere-1', 'OMS.0080'],
  ['src_region', '__proto__', 'OMS.0079'],
  ['description', 'd'.repeat(256)],
  ['description', 5],
  ...['<', '>', '(', ')', '\\', '"', "'", '&'].map((character): Wrong => ['description', `a${character}b`, 'OMS.0078']),
  ...['enable_metadata_migration', 'enable_kms', 'enable_restore'].flatMap((field): Wrong[] => [
    [field, 'true'],
    [field, 1],
    [field, {}],
  ]),
  ['dst_storage_policy', 'standard'],
  ['dst_storage_policy', 1],
  ['app_id', 'a'.repeat(256)],
  ['app_id', 1250000000],
  ['consistency_check', 'md5'],
  ['consistency_check', 'transmission'],
  ['consistency_check', 'crc64'],
  ['consistency_check', 7],
  ['source_cdn', { domain: 'cdn.example.com', protocol: 'https' }],
  ['src_kms_key_id', 'key'],
  ['dst_kms_key_id', 'key'],
  ['src_crypto_type', 'KMS'],
  ['dst_crypto_type', 'KMS'],
  ['src_crypto_type', 'default'],
];

const WRONG_START: readonly Wrong[] = [
  ...SECRET_FIELDS.flatMap((field): Wrong[] => [
    [field, 17],
    [field, ''],
    [field, 'x'.repeat(101)],
  ]),
  ['source_cdn_authentication_key', 'key'],
  ['source_cdn_authentication_key', 1],
  ['src_crypto_type', 'KMS'],
  ['dst_crypto_type', 'KMS'],
  ['source_cdn_crypto_type', 'KMS'],
  ['src_kms_key_id', 'key'],
  ['dst_kms_key_id', 'key'],
  ['source_cdn_kms_key_id', 'key'],
];

let play: RefusalStage;
let before: Awaited<ReturnType<RefusalStage['recorded']>>;

beforeAll(async () => {
  play = await RefusalStage.build();
  before = await play.recorded();
}, 60_000);

afterAll(() => play.stage.strike());

const refused = (request: BadRequest) => play.expectRefused(request);

describe('creating a task is refused', () => {
  it.each(MANDATORY.map((field) => without1(TASKS, GOOD, field)))('$bad', refused);
  it.each(WRONG_CREATE.map(([field, value, code]) => creating(field, value, code)))('$bad', refused);
  it.each(badBodies('POST', TASKS, 'src_region'))('$bad', refused);
  it.each([
    { ...creating('app_id', undefined, 'OMS.1004', { src_cloud_type: 'Tencent', src_region: 'ap-beijing' }) },
    { ...creating('app_id', '', 'OMS.0001', { src_cloud_type: 'Tencent', src_region: 'ap-beijing' }) },
    { ...creating('src_bucket', 17), path: '/v2/%zz/sync-tasks', bad: 'a bad escape in the project', names: 'percent' },
    { ...creating('a', 1), path: `/v2/${'p'.repeat(1025)}/sync-tasks`, bad: 'a long project', names: 'project_id' },
    { ...creating('a', 1), method: 'PUT', bad: 'PUT', status: 405, code: 'OMS.0005', names: 'PUT' },
  ])('$bad', refused);
});

describe('starting a task is refused', () => {
  it.each(SECRET_FIELDS.map((field) => without1(`${TASKS}/{stopped}/start`, SECRETS, field)))('$bad', refused);
  it.each(WRONG_START.map(([field, value]) => starting(field, value)))('$bad', refused);
  it.each(badBodies('POST', `${TASKS}/{stopped}/start`, 'src_ak'))('$bad', refused);
});

it('recorded nothing of all that and showed no secret', async () => {
  expect(await play.recorded()).toEqual(before);
  expect(play.leaks()).toEqual([]);
});
