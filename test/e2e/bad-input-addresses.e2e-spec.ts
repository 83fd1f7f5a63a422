import { get, RefusalStage, SECRETS, TASKS, UNKNOWN_TASK, type BadRequest } from '../support/bad-input.js';

const WRONG_QUERIES: readonly BadRequest[] = [
  ...['limit=0', 'limit=101', 'limit=1.5', 'limit=1e1', 'limit=', 'limit=ten', 'limit=0x10', 'limit=1&limit=2'].map(
    (query) => get('out of bounds or no number', `${TASKS}?${query}`, 400, 'OMS.0001', 'limit'),
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
    get(
      'bad types',
      `${TASKS}/{running}/statistics?start_time=1&end_time=2&data_type=${types}`,
      400,
      'OMS.0001',
      'data_type',
    ),
  ),
  ...['-1', 'x', '253402300800000', '3', '1&start_time=1'].map((start) =>
    get(
      'bad begin',
      `${TASKS}/{running}/statistics?data_type=SIZE&end_time=2&start_time=${start}`,
      400,
      'OMS.0001',
      'start_time',
    ),
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

describe('a query is refused', () => {
  it.each(WRONG_QUERIES)('$bad', refused);
});

describe('what is not there, or not in that state, is refused', () => {
  const at = (
    method: string,
    path: string,
    status: number,
    code: string,
    names: string,
    body?: unknown,
  ): BadRequest => ({
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
