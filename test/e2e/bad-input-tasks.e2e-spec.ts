import { CompleteTask, CreateTask, TakeTask } from '../../src/tasks/task.commands.js';
import { badBodies, type BadRequest } from '../support/bad-input.js';
import { newTask } from '../support/migration-task.js';
import { refusal, Refusals } from '../support/refusals.js';
import { CDN, DESTINATION, LIST_FILE, RULE, SMN, SOURCE, withField } from '../support/task-bodies.js';
import { PROJECT, TaskApiStage } from '../support/task-api-stage.js';

const TASKS = `/v2/${PROJECT}/tasks`;
const context = { correlationId: 'c', actor: 'worker' };

/** Values no answer and no log line may ever show. */
const SECRETS = ['AK-SECRET-1', 'SK-SECRET-2', 'AK-SECRET-3', 'SK-SECRET-4', 'TOKEN-SECRET-5', 'CDN-SECRET-6'];
const [srcAk, srcSk, dstAk, dstSk, token, cdnKey] = SECRETS;
const KEYS = { src_ak: srcAk, src_sk: srcSk, dst_ak: dstAk, dst_sk: dstSk, src_security_token: token };
const GOOD = {
  src_node: { ...SOURCE, ak: srcAk, sk: srcSk, security_token: token },
  dst_node: { ...DESTINATION, ak: dstAk, sk: dstSk },
};
const UNKNOWN = [
  '4711',
  '0',
  '00',
  '-1',
  '1.5',
  '1e3',
  'abc',
  '999999999999999999999',
  '%E4%B8%96',
  '..%2F..',
  'x'.repeat(1024),
];

let stage: TaskApiStage;
const ids: Record<'waiting' | 'paused' | 'migrating' | 'done' | 'grouped', string> = {
  ...{ waiting: '', paused: '', migrating: '', done: '', grouped: '4712' },
};
const refusals = new Refusals(() => stage.url, ids);
let before: unknown;

beforeAll(async () => {
  stage = await TaskApiStage.build();
  for (const name of ['waiting', 'paused', 'migrating', 'done'] as const) ids[name] = await stage.create(GOOD);
  await stage.tasks('POST', `/${ids.paused}/stop`);
  for (const id of [ids.migrating, ids.done]) await stage.work(new TakeTask(id, 'w', context));
  await stage.work(new CompleteTask(ids.done, 1, context));
  await stage.work(new CreateTask(PROJECT, ids.grouped, { ...newTask, groupId: 'g1' }, context));
  before = await recorded();
});
afterAll(() => stage.strike());

const recorded = async (): Promise<unknown> => [
  (await stage.tasks('GET', '?limit=100')).body,
  [...(await stage.sealed())].sort(),
];

const create = (path: string, value: unknown, code: string, names = path): BadRequest => ({
  ...refusal('POST', TASKS, 400, code, names, withField(GOOD, path, value)),
  bad: `${path}: ${JSON.stringify(value).slice(0, 60)} (${names})`,
});

const LIST = { ...GOOD.src_node, object_key: null, list_file: LIST_FILE };

describe('a new task is refused', () => {
  it.each([
    ...['src_node', 'dst_node', 'dst_node.region', 'dst_node.bucket', 'dst_node.ak', 'dst_node.sk'].map((path) =>
      create(path, null, 'OMS.1004'),
    ),
    ...['region', 'bucket', 'ak', 'sk', 'object_key'].map((field) => create(`src_node.${field}`, null, 'OMS.1004')),
    ...['src_node', 'dst_node', 'source_cdn', 'smn_config'].flatMap((path) => [
      create(path, 'text', 'OMS.0001'),
      create(path, [{}], 'OMS.0001'),
    ]),
    create('task_type', 'PREFIX', 'OMS.0001'),
    create('task_type', 'list', 'OMS.1004', 'src_node.list_file'),
    create('task_type', 'url_list', 'OMS.0001', 'src_node.cloud_type'),
    create('src_node.list_file', LIST_FILE, 'OMS.0001'),
    create('src_node.cloud_type', 'Tencent', 'OMS.1004', 'src_node.app_id'),
    create('src_node.cloud_type', 'Azure', 'OMS.0057'),
    create('dst_node.cloud_type', 'Azure', 'OMS.0058'),
    create('src_node.region', 'nowhere', 'OMS.0079'),
    create('dst_node.region', 'nowhere', 'OMS.0080'),
    create('src_node.json_auth_file', '{"private_key":"CDN-SECRET-6"}', 'OMS.0001'),
    create('src_node.connection_string', 'AccountKey=CDN-SECRET-6', 'OMS.0001'),
    create('src_node.crypto_type', 'KMS', 'OMS.0001'),
    create('dst_node.kms_key_id', 'k', 'OMS.0001'),
    create(
      'src_node.object_key',
      Array.from({ length: 501 }, () => 'k'),
      'OMS.0001',
    ),
    create('src_node.object_key', ['a', 'k'.repeat(1025)], 'OMS.0001', 'src_node.object_key[1]'),
    create('description', 'a^b', 'OMS.0078'),
    create('description', 'x'.repeat(256), 'OMS.0001'),
    create('migrate_since', 1_768_406_400_000, 'OMS.0001'),
    create(
      'bandwidth_policy',
      Array.from({ length: 6 }, () => RULE),
      'OMS.0083',
    ),
    create('bandwidth_policy', [{ ...RULE, max_bandwidth: 1 }], 'OMS.0084', 'bandwidth_policy[0].max_bandwidth'),
    create('bandwidth_policy', [RULE, RULE], 'OMS.0085'),
    create('bandwidth_policy', [{ ...RULE, end: '25:00' }], 'OMS.0087', 'bandwidth_policy[0].end'),
    create('source_cdn', { ...CDN, domain: 'http://cdn' }, 'OMS.0081', 'source_cdn.domain'),
    create('source_cdn', { ...CDN, authentication_type: 'ALIYUN_OSS_A' }, 'OMS.1032', 'source_cdn.authentication_key'),
    create('source_cdn', { ...CDN, authentication_key: cdnKey }, 'OMS.0001', 'source_cdn.authentication_key'),
    create('smn_config', { ...SMN, topic_urn: 'urn:none' }, 'OMS.0169', 'smn_config.topic_urn'),
    create('smn_config', { ...SMN, message_template_name: 'none' }, 'OMS.0001', 'smn_config.message_template_name'),
    create('consistency_check', 'crc64', 'OMS.0001'),
    create('consistency_check', 'no_check', 'OMS.0001'),
    create('object_overwrite_mode', 'CRC64_COMPARISON_OVERWRITE', 'OMS.0001'),
    create('task_priority', 'URGENT', 'OMS.0001'),
    create('enable_kms', 'true', 'OMS.0001'),
    {
      ...create('task_type', 'list', 'OMS.1004', 'src_node.list_file.obs_bucket'),
      bad: 'a list without a bucket',
      body: { ...GOOD, task_type: 'list', src_node: { ...LIST, list_file: { list_file_key: 'a.txt' } } },
    },
    ...badBodies('POST', TASKS, 'src_node'),
  ])('$bad', refusals.expect);
});

describe('a change is refused', () => {
  const rules = { bandwidth_policy: [RULE] };
  it.each([
    ...['DELETE', 'GET'].flatMap((method) =>
      UNKNOWN.map((id) => refusal(method, `${TASKS}/${id}`, method === 'GET' ? 404 : 400, 'OMS.1009', 'is not found')),
    ),
    ...UNKNOWN.map((id) => refusal('POST', `${TASKS}/${id}/start`, 400, 'OMS.1009', 'is not found', KEYS)),
    ...UNKNOWN.map((id) => refusal('POST', `${TASKS}/${id}/stop`, 400, 'OMS.1009', 'is not found')),
    ...UNKNOWN.map((id) => refusal('PUT', `${TASKS}/${id}/bandwidth-policy`, 400, 'OMS.1009', 'is not found', rules)),
    refusal('GET', '/v2/another/tasks/{waiting}', 404, 'OMS.1009', 'is not found'),
    refusal('DELETE', '/v2/another/tasks/{waiting}', 400, 'OMS.1009', 'is not found'),
    refusal('POST', '/v2/another/tasks/{waiting}/stop', 400, 'OMS.1009', 'is not found'),
    refusal('POST', `${TASKS}/{waiting}/start`, 400, 'OMS.0065', 'already started', KEYS),
    refusal('POST', `${TASKS}/{migrating}/start`, 400, 'OMS.0065', 'already started', KEYS),
    refusal('POST', `${TASKS}/{done}/start`, 400, 'OMS.0070', 'complete', KEYS),
    refusal('POST', `${TASKS}/{paused}/start`, 400, 'OMS.0001', 'migrate_failed_object', {
      ...KEYS,
      migrate_failed_object: true,
    }),
    refusal('POST', `${TASKS}/{paused}/start`, 400, 'OMS.1004', 'src_ak', { ...KEYS, src_ak: null }),
    refusal('POST', `${TASKS}/{paused}/start`, 400, 'OMS.1004', 'dst_sk', { ...KEYS, dst_sk: null }),
    refusal('POST', `${TASKS}/{paused}/start`, 400, 'OMS.0001', 'source_cdn_authentication_key', {
      ...KEYS,
      source_cdn_authentication_key: cdnKey,
    }),
    refusal('POST', `${TASKS}/{paused}/stop`, 400, 'OMS.0066', 'not in progress'),
    refusal('POST', `${TASKS}/{done}/stop`, 400, 'OMS.0070', 'complete'),
    refusal('DELETE', `${TASKS}/{migrating}`, 400, 'OMS.0063', 'in progress'),
    refusal('DELETE', `${TASKS}/{grouped}`, 400, 'OMS.0073', 'group g1'),
    refusal('PUT', `${TASKS}/{done}/bandwidth-policy`, 400, 'OMS.0086', 'complete', rules),
    refusal('PUT', `${TASKS}/{waiting}/bandwidth-policy`, 400, 'OMS.1004', 'bandwidth_policy', {}),
    refusal('PUT', `${TASKS}/{waiting}/bandwidth-policy`, 400, 'OMS.0085', 'bandwidth_policy', {
      bandwidth_policy: [RULE, RULE],
    }),
    refusal('POST', `${TASKS}/batch-update`, 400, 'OMS.0001', 'ids or group_id', rules),
    refusal('POST', `${TASKS}/batch-update`, 400, 'OMS.0001', 'ids or group_id', {
      ...rules,
      ids: [],
      task_priority: 'LOW',
    }),
    refusal('POST', `${TASKS}/batch-update`, 400, 'OMS.0001', 'ids or group_id', {
      ...rules,
      ids: [1],
      group_id: 'g1',
    }),
    refusal('POST', `${TASKS}/batch-update`, 400, 'OMS.1009', '4711', { ...rules, ids: [4711] }),
    refusal('POST', `${TASKS}/batch-update`, 400, 'OMS.1009', 'group g9', { ...rules, group_id: 'g9' }),
    refusal('POST', `${TASKS}/batch-update`, 400, 'OMS.1004', 'bandwidth_policy', { ids: [1] }),
    refusal('POST', `${TASKS}/batch-update`, 400, 'OMS.0001', 'ids[1]', { ...rules, ids: [1, '2'] }),
    refusal('PUT', `${TASKS}/{waiting}/start`, 405, 'OMS.0005', 'PUT', KEYS),
    refusal('GET', `${TASKS}/batch-update`, 404, 'OMS.1009', 'batch-update'),
    refusal('GET', `${TASKS}/${'x'.repeat(1025)}`, 400, 'OMS.0001', 'task_id'),
    ...badBodies('POST', `${TASKS}/{paused}/start`, 'dst_ak'),
    ...badBodies('PUT', `${TASKS}/{waiting}/bandwidth-policy`, 'bandwidth_policy'),
  ])('$bad', refusals.expect);
});

describe('a list is refused', () => {
  it.each([
    ...['limit=0', 'limit=101', 'limit=x', 'limit=', 'limit=1&limit=2'].map((query) => [query, 'limit']),
    ...['offset=-1', 'offset=2147483648', 'offset=1.5'].map((query) => [query, 'offset']),
    ...['status=0', 'status=8', 'status=paused', 'status=1&status=2'].map((query) => [query, 'status']),
    ...[`group_id=${'g'.repeat(101)}`, 'group_id=a&group_id=b'].map((query) => [query, 'group_id']),
    ...[`task_name=${'n'.repeat(256)}`, 'task_name=a&task_name=b'].map((query) => [query, 'task_name']),
  ])('with %s', (query = '', field = '') =>
    refusals.expect(refusal('GET', `${TASKS}?${query}`, 400, 'OMS.0001', field)),
  );
});

describe('quotas', () => {
  it('end what a project may create', async () => {
    const small = await TaskApiStage.build({ tasksPerDay: 3, waitingTasks: 2 });
    const code = async () => (await small.tasks<{ error_code?: string }>('POST', '', GOOD)).body.error_code;
    const first = await small.create(GOOD);
    await small.create(GOOD);
    expect(await code()).toBe('OMS.0077');
    await small.tasks('DELETE', `/${first}`);
    expect(await code()).toBeUndefined();
    expect(await code()).toBe('OMS.1021');
    expect((await small.tasks('POST', '', GOOD, 'another')).status).toBe(200);
    small.clock.advance(86_400_001);
    expect(await code()).toBe('OMS.0077');
    await small.strike();
  });
});

it('left nothing behind of all that and showed no secret', async () => {
  expect(await recorded()).toEqual(before);
  const shown = [...refusals.answers, ...stage.logLines].filter((text) =>
    SECRETS.some((secret) => text.includes(secret)),
  );
  expect([refusals.answers.length > 100, stage.logLines.length > 100, shown]).toEqual([true, true, []]);
});
