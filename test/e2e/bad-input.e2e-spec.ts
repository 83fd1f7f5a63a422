import { badBodies, PROJECT, RefusalStage, SECRETS, UNKNOWN_TASK, without, type BadRequest } from '../support/bad-input.js';
import { SyncStage } from '../support/sync-stage.js';

const TASKS = `/v2/${PROJECT}/sync-tasks`;
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

const get = (bad: string, path: string, status: number, code: string, names: string): BadRequest => ({
  bad: `GET ${path}: ${bad}`,
  method: 'GET',
  path,
  status,
  code,
  names,
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
  ['src_cloud_type', 'URLSource'],
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
  ...[...'<>()\\"\'&'].map((character): Wrong => ['description', `a${character}b`, 'OMS.0078']),
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

const WRONG_QUERIES: readonly BadRequest[] = [
  ...['limit=0', 'limit=101', 'limit=1.5', 'limit=1e1', 'limit=', 'limit=ten', 'limit=0x10', 'limit=1&limit=2'].map((query) =>
    get('out of bounds or no number', `${TASKS}?${query}`, 400, 'OMS.0001', 'limit'),
  ),
  ...['offset=-1', 'offset=10001', 'offset=one', 'offset=0&offset=1', 'offset[]=1&offset[a]=2&offset=x'].map((query) =>
    get('out of bounds or no number', `${TASKS}?${query}`, 400, 'OMS.0001', 'offset'),
  ),
  ...['status=stopped', 'status=DELETED', 'status=STOPPED&status=STOPPED'].map((query) =>
    get('no such state', `${TASKS}?${query}`, 400, 'OMS.0001', 'status'),
  ),
  get('no time', `${TASKS}/{running}`, 400, 'OMS.1004', 'query_time'),
  ...['', 'now', '-1', '1.5', '253402300800000', '99999999999999999999', '1&query_time=2'].map((time) =>
    get('no time', `${TASKS}/{running}?query_time=${time}`, 400, 'OMS.0001', 'query_time'),
  ),
  get('nothing', `${TASKS}/{running}/statistics`, 400, 'OMS.1004', 'data_type'),
  get('no begin', `${TASKS}/{running}/statistics?data_type=SIZE&end_time=1`, 400, 'OMS.1004', 'start_time'),
  get('no end', `${TASKS}/{running}/statistics?data_type=SIZE&start_time=1`, 400, 'OMS.1004', 'end_time'),
  ...['size', 'SIZE,', ',SIZE', 'SIZE,SIZE', 'SIZE,ALL', '', 'SIZE&data_type=SKIP'].map((types) =>
    get('bad types', `${TASKS}/{running}/statistics?start_time=1&end_time=2&data_type=${types}`, 400, 'OMS.0001', 'data_type'),
  ),
  ...['-1', 'x', '253402300800000', '3', '1&start_time=1'].map((start) =>
    get('bad begin', `${TASKS}/{running}/statistics?data_type=SIZE&end_time=2&start_time=${start}`, 400, 'OMS.0001', 'start_time'),
  ),
  get('bad end', `${TASKS}/{running}/statistics?data_type=SIZE&start_time=1&end_time=-2`, 400, 'OMS.0001', 'end_time'),
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

describe('a query is refused', () => {
  it.each(WRONG_QUERIES)('$bad', refused);
});

describe('what is not there, or not in that state, is refused', () => {
  const at = (method: string, path: string, status: number, code: string, names: string, body?: unknown): BadRequest => ({
    bad: `${method} ${path}`,
    method,
    path,
    status,
    code,
    names,
    ...(body === undefined ? {} : { body }),
  });
  const keys = { object_keys: ['a'] };
  const inPlaceOf = (tasks: string, id: string, named: string): readonly BadRequest[] => [
    at('GET', `${tasks}/${id}?query_time=1`, 404, 'OMS.2002', named),
    at('DELETE', `${tasks}/${id}`, 404, 'OMS.2002', named),
    at('GET', `${tasks}/${id}/ledger`, 404, 'OMS.2002', named),
    at('GET', `${tasks}/${id}/statistics?data_type=SIZE&start_time=1&end_time=2`, 404, 'OMS.2002', named),
    at('POST', `${tasks}/${id}/events`, 404, 'OMS.2002', named, keys),
    at('POST', `${tasks}/${id}/stop`, 400, 'OMS.2002', named),
    at('POST', `${tasks}/${id}/start`, 400, 'OMS.2002', named, SECRETS),
  ];
  const badEscape = ['', '/start', '/stop', '/events', '/statistics', '/ledger'].map((call) =>
    at(call.length > 0 && call < '/l' ? 'POST' : 'GET', `${TASKS}/%E4%B8%${call}`, 400, 'OMS.0001', 'percent'),
  );
  it.each([
    ...inPlaceOf(TASKS, UNKNOWN_TASK, UNKNOWN_TASK),
    ...inPlaceOf('/v2/another-project/sync-tasks', '{running}', 'is not found'),
    ...inPlaceOf(TASKS, '..%2F{running}', 'is not found'),
    ...inPlaceOf(TASKS, 'x'.repeat(1025), 'sync_task_id').map((each) => ({ ...each, status: 400, code: 'OMS.0001' })),
    ...badEscape,
    at('DELETE', `${TASKS}/{running}`, 400, 'OMS.0063', 'in progress'),
    at('POST', `${TASKS}/{running}/start`, 400, 'OMS.0065', 'already started', SECRETS),
    at('POST', `${TASKS}/{stopped}/stop`, 400, 'OMS.0066', 'not in progress'),
    at('POST', `${TASKS}/{stopped}/events`, 400, 'OMS.2002', 'not started', keys),
    at('PATCH', `${TASKS}/{running}`, 405, 'OMS.0005', 'PATCH'),
    at('GET', `${TASKS}/{running}/events`, 405, 'OMS.0005', 'GET'),
    at('GET', `${TASKS}/{running}/nothing`, 404, 'OMS.0004', 'path'),
    at('POST', '/', 405, 'OMS.0005', 'POST'),
    at('GET', '/v3', 404, 'OMS.0004', 'v3'),
    at('GET', '/v%zz', 400, 'OMS.0001', 'percent'),
    at('GET', '/v2345678901', 400, 'OMS.0001', 'version'),
    at('DELETE', '/v2', 405, 'OMS.0005', 'DELETE'),
  ])('$bad', refused);
});

it('recorded nothing of all that and showed no secret', async () => {
  expect(await play.recorded()).toEqual(before);
  expect(play.leaks()).toEqual([]);
});
