import {
  badBodies,
  PROJECT,
  RefusalStage,
  SECRETS,
  TASKS,
  UNKNOWN_TASK,
  type BadRequest,
} from '../support/bad-input.js';
import { SyncStage } from '../support/sync-stage.js';

const EVENTS = `${TASKS}/{running}/events`;
const DEAD_LETTERS = `/v2/${PROJECT}/sync-events/dead-letters`;

let play: RefusalStage;

beforeAll(async () => {
  play = await RefusalStage.build();
}, 60_000);

afterAll(() => play.stage.strike());

const refused = (request: BadRequest) => play.expectRefused(request);

const keys = (bad: string, object_keys: unknown, names = 'object_keys', code = 'OMS.0001'): BadRequest => ({
  bad,
  method: 'POST',
  path: EVENTS,
  body: { object_keys },
  status: 400,
  code,
  names,
});

const many = (count: number) => Array.from({ length: count }, (_, index) => `many/${index}`);

describe('bad events', () => {
  let before: Awaited<ReturnType<RefusalStage['recorded']>>;

  beforeAll(async () => {
    before = await play.recorded();
  });

  it.each([
    keys('no keys', undefined, 'object_keys', 'OMS.1004'),
    keys('null', null, 'object_keys', 'OMS.1004'),
    keys('a string', 'a'),
    keys('a number', 1),
    keys('an object', { 0: 'a', length: 1 }),
    keys('an empty list', []),
    keys('101 keys', many(101)),
    keys(
      '101 equal keys',
      Array.from({ length: 101 }, () => 'same'),
    ),
    keys('a number among the keys', ['a', 1], 'object_keys[1]'),
    keys('null among the keys', ['a', null], 'object_keys[1]'),
    keys('a list among the keys', ['a', ['b']], 'object_keys[1]'),
    keys('an empty key', ['a', 'b', ''], 'object_keys[2]'),
    keys('a bare percent', ['100%'], 'object_keys[0]'),
    keys('half an escape', ['a', 'b%4'], 'object_keys[1]'),
    keys('no hexadecimal', ['%zz'], 'object_keys[0]'),
    keys('bytes that are no UTF-8', ['a', '%FF%FE'], 'object_keys[1]'),
    keys('UTF-8 cut short', ['%E6%B5'], 'object_keys[0]'),
    keys('an overlong slash', ['%C0%AF'], 'object_keys[0]'),
    keys('a surrogate in UTF-8', ['%ED%A0%80'], 'object_keys[0]'),
    keys('a lone surrogate', ['a\ud800'], 'object_keys[0]'),
    keys('1,025 bytes', ['k'.repeat(1025)], 'object_keys[0]'),
    keys('1,026 bytes of escapes', ['%C3%A9'.repeat(513)], 'object_keys[0]'),
    keys('16,385 characters', ['k'.repeat(16_385)], 'object_keys[0]'),
    { ...keys('an empty idempotency key', ['a'], 'Idempotency-Key'), headers: { 'idempotency-key': '' } },
    { ...keys('a long idempotency key', ['a'], 'Idempotency-Key'), headers: { 'idempotency-key': 'i'.repeat(256) } },
    { ...keys('a bad escape in the path', ['a'], 'percent'), path: `${TASKS}/%/events` },
    {
      ...keys('an unknown task', ['a'], UNKNOWN_TASK, 'OMS.2002'),
      path: `${TASKS}/${UNKNOWN_TASK}/events`,
      status: 404,
    },
    {
      ...keys('an unknown project', ['a'], 'not found', 'OMS.2002'),
      path: EVENTS.replace(PROJECT, 'other'),
      status: 404,
    },
    { ...keys('a stopped task', ['a'], 'not started', 'OMS.2002'), path: `${TASKS}/{stopped}/events` },
    ...badBodies('POST', EVENTS, 'object_keys'),
  ])('are refused: $bad', refused);

  it.each([
    ...['limit=0', 'limit=101', 'limit=a', 'limit=1&limit=1', 'after=-1', 'after=x', 'after=1&after=2'].map(
      (query) => ({
        bad: query,
        path: `${DEAD_LETTERS}?${query}`,
        method: 'GET',
        names: query.split('=')[0]!,
      }),
    ),
    ...['-1', 'x', '1.0', '9007199254740993'].map((id) => ({
      bad: `redriving ${id}`,
      path: `${DEAD_LETTERS}/${id}/redrive`,
      method: 'POST',
      names: 'dead_letter_id',
    })),
    { bad: 'redriving %zz', path: `${DEAD_LETTERS}/%zz/redrive`, method: 'POST', names: 'percent' },
  ])('and bad dead-letter calls are refused: $bad', (request) =>
    refused({ ...request, status: 400, code: 'OMS.0001' }),
  );

  it('and a dead letter that is not there is refused', async () => {
    for (const project of [PROJECT, 'other'])
      await refused({
        bad: 'unknown',
        method: 'POST',
        path: `/v2/${project}/sync-events/dead-letters/4711/redrive`,
        status: 404,
        code: 'OMS.1009',
        names: '4711',
      });
  });

  it('left nothing behind and showed no secret', async () => {
    expect(await play.recorded()).toEqual(before);
    expect(play.leaks()).toEqual([]);
  });
});

describe('odd requests that are right', () => {
  const seed = (key: string) => play.stage.source.seed(SyncStage.sourceBucket, key, 'content');
  const ok = async (method: string, path: string, body?: unknown, headers?: Record<string, string>) => {
    const answer = await play.send({ method, path, body, ...(headers === undefined ? {} : { headers }) });
    expect(answer).toMatchObject({ status: 200 });
    return answer.text;
  };

  it.each([
    ['GET', '/'],
    ['GET', '/v2'],
    ['GET', '/v2/'],
    ['GET', TASKS],
    ['GET', `${TASKS}/?limit=100&offset=10000&status=`],
    ['GET', `${TASKS}/{running}?query_time=253402300799999`],
    ['GET', `${TASKS}/{running}/ledger`],
    ['GET', `${TASKS}/{running}/statistics?data_type=SIZE&start_time=2&end_time=2`],
    ['GET', DEAD_LETTERS],
  ])('%s %s with a JSON content type and no body answers', async (method, path) => {
    await ok(method, path);
  });

  it('stop and delete work with a JSON content type and an empty body, unknown fields are passed over', async () => {
    const id = await play.stage.createTask({ ...SECRETS, not_yet_invented: { a: 1 }, description: null });
    await ok('POST', `${TASKS}/${id}/stop`, '');
    await ok('POST', `${TASKS}/${id}/start`, { ...SECRETS, not_yet_invented: 1 });
    await ok('POST', `${TASKS}/${id}/stop`);
    await ok('DELETE', `${TASKS}/${id}`, '');
  });

  it('settle each key of a request once, however often and however spelled it is in there', async () => {
    for (const key of ['a b', 'a+b', 'é']) await seed(key);
    const id = await play.stage.createTask();
    await ok('POST', `${TASKS}/${id}/events`, {
      object_keys: ['a%20b', 'a b', 'a+b', 'a%2Bb', '%C3%A9', 'é', '%c3%a9'],
    });
    expect(await play.stage.api.settled(id, 3)).toMatchObject({ requested: { objects: 3 }, synced: { objects: 3 } });
    await ok('POST', `${TASKS}/${id}/events`, { object_keys: ['a%20b', 'a%20b'] });
    expect(await play.stage.api.settled(id, 4)).toMatchObject({ requested: { objects: 4 }, ignored: { objects: 1 } });
  });

  it('take 100 keys, keys of 1,024 bytes, and what only looks like an address', async () => {
    const id = await play.stage.createTask();
    const odd = ['../up', '/', '//', '.', 'a/../b', '%00', '%25', 'k'.repeat(1024), '%C3%A9'.repeat(512)];
    await ok('POST', `${TASKS}/${id}/events`, { object_keys: many(100) });
    await ok('POST', `${TASKS}/${id}/events`, { object_keys: odd });
    const requested = 100 + odd.length;
    expect(await play.stage.api.settled(id, requested)).toMatchObject({
      requested: { objects: requested },
      failed: { objects: requested },
      balanced: true,
    });
  });
});
