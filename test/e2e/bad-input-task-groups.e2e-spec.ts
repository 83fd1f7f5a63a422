import {
  BeginGroupPlan,
  CompleteGroupPlan,
  CompleteTaskGroup,
  FailGroupPlan,
  RecordGroupPlan,
} from '../../src/task-groups/task-group.commands.js';
import { badBodies, type BadRequest } from '../support/bad-input.js';
import { refusal, Refusals } from '../support/refusals.js';
import { CDN, DESTINATION, LIST_FILE, RULE, SMN, SOURCE, withField } from '../support/task-bodies.js';
import { PROJECT, TaskApiStage } from '../support/task-api-stage.js';

const GROUPS = `/v2/${PROJECT}/taskgroups`;
const context = { correlationId: 'c', actor: 'worker' };

/** Values no answer and no log line may ever show. */
const SECRETS = ['AK-SECRET-1', 'SK-SECRET-2', 'AK-SECRET-3', 'SK-SECRET-4', 'CDN-SECRET-5'];
const [srcAk, srcSk, dstAk, dstSk, cdnKey] = SECRETS;
const KEYS = { src_ak: srcAk, src_sk: srcSk, dst_ak: dstAk, dst_sk: dstSk };
const GOOD = { src_node: { ...SOURCE, ak: srcAk, sk: srcSk }, dst_node: { ...DESTINATION, ak: dstAk, sk: dstSk } };
const UNKNOWN = ['00000000-0000-4000-8000-000000000000', '1', '%E4%B8%96', '..%2F..', 'x'.repeat(1024)];

let stage: TaskApiStage;
const ids: Record<'waiting' | 'paused' | 'failed' | 'completed', string> = {
  ...{ waiting: '', paused: '', failed: '', completed: '' },
};
const refusals = new Refusals(() => stage.url, ids);
let before: unknown;

const send = async (method: string, target: string, body?: unknown): Promise<{ group_id: string } | undefined> => {
  const headers = { 'content-type': 'application/json' };
  const sent = { method, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) };
  const text = await (await fetch(`${stage.url}${GROUPS}${target}`, sent)).text();
  return text === '' ? undefined : (JSON.parse(text) as { group_id: string });
};
const recorded = async (): Promise<unknown> => [
  (await send('GET', '?limit=100')) ?? [],
  [...(await stage.sealed())].sort(),
];

beforeAll(async () => {
  stage = await TaskApiStage.build();
  for (const name of ['waiting', 'paused', 'failed', 'completed'] as const)
    ids[name] = (await send('POST', '', GOOD))?.group_id ?? '';
  await send('PUT', `/${ids.paused}/stop`);
  for (const id of [ids.failed, ids.completed]) await stage.work(new BeginGroupPlan(id, context));
  await stage.work(new FailGroupPlan(ids.failed, 'TRF.0155', 'no bucket', context));
  const piece = { kind: 'manifest', key: 'k', objects: 1, bytes: 1 } as const;
  await stage.work(
    new RecordGroupPlan(ids.completed, { chunk: 1, taskId: '7', piece, cursor: 'c' }, context),
    new CompleteGroupPlan(ids.completed, context),
    new CompleteTaskGroup(ids.completed, context),
  );
  before = await recorded();
});
afterAll(() => stage.strike());

const create = (path: string, value: unknown, code: string, names = path): BadRequest => ({
  ...refusal('POST', GROUPS, 400, code, names, withField(GOOD, path, value)),
  bad: `${path}: ${JSON.stringify(value).slice(0, 60)} (${names})`,
});

describe('a new group is refused', () => {
  it.each([
    ...['src_node', 'dst_node', 'dst_node.region', 'dst_node.bucket', 'dst_node.ak', 'dst_node.sk'].map((path) =>
      create(path, null, 'OMS.1004'),
    ),
    ...['region', 'bucket', 'ak', 'sk', 'object_key'].map((field) => create(`src_node.${field}`, null, 'OMS.1004')),
    create('task_type', 'prefix', 'OMS.0001'),
    create('task_type', 'OBJECT', 'OMS.0001'),
    create('task_type', 'LIST', 'OMS.1004', 'src_node.list_file'),
    create('task_type', 'URL_LIST', 'OMS.0001', 'src_node.cloud_type'),
    create('task_priority', 'HIGH', 'OMS.0074'),
    create('src_node.list_file', LIST_FILE, 'OMS.0001'),
    create('src_node.cloud_type', 'Azure', 'OMS.0057'),
    create('dst_node.cloud_type', 'Azure', 'OMS.0058'),
    create('src_node.region', 'nowhere', 'OMS.0079'),
    create('dst_node.region', 'nowhere', 'OMS.0080'),
    create('src_node.json_auth_file', `{"private_key":"${cdnKey ?? ''}"}`, 'OMS.0001'),
    create('description', 'a&b', 'OMS.0078'),
    create('bandwidth_policy', [RULE, RULE], 'OMS.0085'),
    create('source_cdn', { ...CDN, authentication_type: 'ALIYUN_OSS_A' }, 'OMS.1032', 'source_cdn.authentication_key'),
    create('source_cdn', { ...CDN, authentication_key: cdnKey }, 'OMS.0001', 'source_cdn.authentication_key'),
    create('smn_config', { ...SMN, topic_urn: 'urn:none' }, 'OMS.0169', 'smn_config.topic_urn'),
    create('consistency_check', 'transmission', 'OMS.0001'),
    create('enable_kms', 1, 'OMS.0001'),
    ...badBodies('POST', GROUPS, 'src_node'),
  ])('$bad', refusals.expect);
});

describe('a change is refused', () => {
  const rules = { bandwidth_policy: [RULE] };
  it.each([
    ...UNKNOWN.flatMap((id) => [
      refusal('GET', `${GROUPS}/${id}`, 404, 'OMS.1009', 'is not found'),
      refusal('DELETE', `${GROUPS}/${id}`, 404, 'OMS.1009', 'is not found'),
      refusal('PUT', `${GROUPS}/${id}/stop`, 404, 'OMS.1009', 'is not found'),
      refusal('PUT', `${GROUPS}/${id}/start`, 404, 'OMS.1009', 'is not found', KEYS),
      refusal('PUT', `${GROUPS}/${id}/retry`, 404, 'OMS.1009', 'is not found', KEYS),
      refusal('PUT', `${GROUPS}/${id}/retry`, 404, 'OMS.1009', 'is not found', {}),
      refusal('PUT', `${GROUPS}/${id}/update`, 404, 'OMS.1009', 'is not found', rules),
    ]),
    refusal('GET', '/v2/another/taskgroups/{waiting}', 404, 'OMS.1009', 'is not found'),
    refusal('PUT', '/v2/another/taskgroups/{waiting}/stop', 404, 'OMS.1009', 'is not found'),
    ...['paused', 'failed', 'completed'].map((id) =>
      refusal('PUT', `${GROUPS}/{${id}}/stop`, 400, 'OMS.1038', 'neither'),
    ),
    ...['waiting', 'failed', 'completed'].map((id) =>
      refusal('PUT', `${GROUPS}/{${id}}/start`, 400, 'OMS.1039', 'not paused', KEYS),
    ),
    ...['waiting', 'paused', 'completed'].map((id) =>
      refusal('PUT', `${GROUPS}/{${id}}/retry`, 400, 'OMS.1040', 'not failed', KEYS),
    ),
    refusal('DELETE', `${GROUPS}/{waiting}`, 400, 'OMS.1036', 'pause it'),
    refusal('PUT', `${GROUPS}/{completed}/update`, 400, 'OMS.1036', 'complete', rules),
    refusal('PUT', `${GROUPS}/{waiting}/update`, 400, 'OMS.1004', 'bandwidth_policy', {}),
    refusal('PUT', `${GROUPS}/{waiting}/update`, 400, 'OMS.0085', 'bandwidth_policy', {
      bandwidth_policy: [RULE, RULE],
    }),
    refusal('PUT', `${GROUPS}/{paused}/start`, 400, 'OMS.1004', 'src_ak', { ...KEYS, src_ak: null }),
    refusal('PUT', `${GROUPS}/{paused}/start`, 400, 'OMS.1004', 'dst_sk', { ...KEYS, dst_sk: null }),
    refusal('PUT', `${GROUPS}/{failed}/retry`, 400, 'OMS.1004', 'dst_sk', { ...KEYS, dst_sk: '' }),
    refusal('PUT', `${GROUPS}/{failed}/retry`, 400, 'OMS.1004', 'dst_ak', { src_ak: srcAk, src_sk: srcSk }),
    refusal('PUT', `${GROUPS}/{failed}/retry`, 400, 'OMS.1004', 'src_sk', { ...KEYS, src_sk: '' }),
    refusal('PUT', `${GROUPS}/{failed}/retry`, 400, 'OMS.0001', 'migrate_failed_object', { migrate_failed_object: 1 }),
    refusal('PUT', `${GROUPS}/{failed}/retry`, 400, 'OMS.0001', 'source_cdn_authentication_key', {
      ...{ ...KEYS, source_cdn_authentication_key: cdnKey },
    }),
    refusal('POST', `${GROUPS}/{paused}/start`, 405, 'OMS.0005', 'POST', KEYS),
    ...badBodies('PUT', `${GROUPS}/{paused}/start`, 'dst_ak'),
  ])('$bad', refusals.expect);
});

describe('a query is refused', () => {
  it.each([
    refusal('GET', `${GROUPS}?status=10`, 400, 'OMS.0001', 'status'),
    refusal('GET', `${GROUPS}?status=-1`, 400, 'OMS.0001', 'status'),
    refusal('GET', `${GROUPS}?limit=0`, 400, 'OMS.0001', 'limit'),
    refusal('GET', `${GROUPS}?limit=101`, 400, 'OMS.0001', 'limit'),
    refusal('GET', `${GROUPS}?offset=1e3`, 400, 'OMS.0001', 'offset'),
    refusal('GET', `${GROUPS}?offset=1&offset=2`, 400, 'OMS.0001', 'offset'),
    refusal('GET', `${GROUPS}/${'x'.repeat(1025)}`, 400, 'OMS.0001', 'group_id'),
  ])('$bad', refusals.expect);
});

it('recorded nothing of all that and showed no secret', async () => {
  expect(await recorded()).toEqual(before);
  const shown = [...refusals.answers, ...stage.logLines].filter((text) =>
    SECRETS.some((secret) => text.includes(secret)),
  );
  expect(shown).toEqual([]);
});
