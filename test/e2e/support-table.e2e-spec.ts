import { dstNode, MigrationApi, srcNode } from '../support/migration-api.js';
import { OpenApiFields, type OpenApiDocument } from '../support/openapi-fields.js';
import { supportRows, type SupportRow } from '../support/support-table.js';
import { SyncStage } from '../support/sync-stage.js';
import { until } from '../support/until.js';

const URN = 'urn:smn:region:project:nobody';
const rows = supportRows();
const title = ({ call, field, support }: SupportRow): string => `${call} ${field} ${support}`;
const of = (kind: SupportRow['kind']): [string, SupportRow][] =>
  rows.filter((row) => row.kind === kind).map((row) => [title(row), row]);

const LIST_FILE = { list_file_key: 'lists/gone.txt', obs_bucket: 'to' };
const MIGRATION = {
  src_node: srcNode({ cloud_type: 'HuaweiCloud', list_file: LIST_FILE }),
  dst_node: dstNode({ save_prefix: 'copy/' }),
  bandwidth_policy: [{ start: '08:00', end: '18:00', max_bandwidth: 1_048_576 }],
  source_cdn: { domain: 'cdn.example.com', protocol: 'HTTPS', authentication_type: 'NONE' },
  smn_config: { topic_urn: URN, trigger_conditions: ['SUCCESS', 'FAILURE'] },
};
const KEYS = { src_ak: 'a', src_sk: 'b', dst_ak: 'c', dst_sk: 'd' };
const RULES = { bandwidth_policy: MIGRATION.bandwidth_policy };
/** A body that is fine, by call. */
const BODIES: Readonly<Record<string, object>> = {
  'POST /tasks': { task_type: 'list', ...MIGRATION },
  'POST /taskgroups': { task_type: 'LIST', ...MIGRATION },
  'POST /tasks/{id}/start': KEYS,
  'PUT /taskgroups/{id}/start': KEYS,
  'PUT /taskgroups/{id}/retry': KEYS,
  'PUT /tasks/{id}/bandwidth-policy': RULES,
  'PUT /taskgroups/{id}/update': RULES,
  'POST /tasks/batch-update': RULES,
};

let stage: SyncStage;
let api: MigrationApi;
let fields: OpenApiFields;
let ids: Readonly<Record<'tasks' | 'taskgroups', string>>;
const shown: Record<string, unknown> = {};

beforeAll(async () => {
  stage = await SyncStage.build({
    config: {
      log: { level: 'warn' },
      // Nobody listens there: the answers have to tell that.
      notifications: { topics: { [URN]: { url: 'http://127.0.0.1:9/', secret: 's' } }, attempts: 1 },
    },
  });
  api = new MigrationApi(await stage.start());
  const document = await api.client.call<OpenApiDocument>('GET', '/openapi.json');
  fields = new OpenApiFields(document.body);
  const task = await api.create(BODIES['POST /tasks']);
  const group = await api.createGroup(BODIES['POST /taskgroups']);
  ids = { tasks: String(task), taskgroups: group };
  const told = async (read: () => Promise<Readonly<Record<string, unknown>>>, field: string) => {
    await until(async () => (await read())[field] !== null, 30_000);
    return read();
  };
  shown['GET /tasks/{id}'] = await told(() => api.show(task), 'smn_info');
  shown['GET /taskgroups/{id}'] = await told(() => api.showGroup(group), 'smn_config');
}, 60_000);

afterAll(() => stage.strike());

/** `POST /tasks/{id}/start` as the document has it. */
const documented = (call: string): string =>
  call
    .replace(' /', ' /v2/{project_id}/')
    .replace('/tasks/{id}', '/tasks/{task_id}')
    .replace('/taskgroups/{id}', '/taskgroups/{group_id}');

const namesIn = (kind: SupportRow['kind'], call: string): string[] =>
  rows
    .filter((row) => row.kind === kind && row.call === call)
    .map(({ field }) => field)
    .sort();

const send = (call: string, body?: unknown, query = '') => {
  const [method = '', path = ''] = call.split(' ');
  const id = path.startsWith('/tasks') ? ids.tasks : ids.taskgroups;
  const url = `/v2/${api.client.projectId}${path.replace('{id}', id)}${query}`;
  return api.client.call<{ error_code: string; error_msg: string }>(method, url, body);
};

/** The body with another value at a path such as `bandwidth_policy[].start`. */
function withValue(body: unknown, [name = '', ...rest]: readonly string[], value: unknown): unknown {
  if (name === '[]') return [withValue(Array.isArray(body) ? body[0] : {}, rest, value)];
  const before = typeof body === 'object' && body !== null ? body : {};
  const inner: unknown = Object.entries(before).find(([key]) => key === name)?.[1];
  return { ...before, [name]: rest.length === 0 ? value : withValue(inner, rest, value) };
}
const steps = (field: string): readonly string[] => field.replaceAll('[]', '.[]').split('.');

/** Whether an answer has the field; what may be null has its fields where it is not. */
function has(answer: unknown, [name = '', ...rest]: readonly string[]): boolean {
  if (name === '[]') return Array.isArray(answer) && answer.length > 0 && has(answer[0], rest);
  if (typeof answer !== 'object' || answer === null || !(name in answer)) return false;
  return rest.length === 0 || has(Object.entries(answer).find(([key]) => key === name)?.[1], rest);
}

describe('the calls', () => {
  it('are all of tasks and task groups that there are', () => {
    const operations = ['/v2/{project_id}/tasks', '/v2/{project_id}/taskgroups'].flatMap((path) =>
      fields.operations(path),
    );
    const calls = rows.filter(({ kind }) => kind === 'call').map(({ call }) => documented(call));
    expect([...calls].sort()).toEqual([...operations].sort());
  });

  it.each(of('call'))('%s: has the fields of its tables and no others', (_, { call }) => {
    const operation = documented(call);
    expect(namesIn('field', call)).toEqual([...fields.body(operation)].sort());
    expect(namesIn('query', call)).toEqual([...fields.query(operation)].sort());
    if (call.startsWith('GET') && call.endsWith('{id}'))
      expect(namesIn('answer', call)).toEqual([...fields.answer(operation)].sort());
  });
});

describe('a field of a request', () => {
  const wrong = (field: string, value: unknown, call: string) =>
    send(call, withValue(BODIES[call], steps(field), value));

  it.each(of('field'))('%s', async (_, { call, field, support }) => {
    // No field takes an object with this in it, but for objects, which take no number.
    const isObject = rows.some((row) => row.call === call && row.field.startsWith(`${field}.`));
    const { status, body } = await wrong(field, support === 'refused' ? 'x' : isObject ? 7 : { no: 'value' }, call);
    expect({ status, error_code: body.error_code }).toEqual({
      status: 400,
      error_code: expect.stringMatching(/^OMS\.\d{4}$/) as string,
    });
    expect(body.error_msg).toContain(field.replaceAll('[]', '[0]'));
  });

  it.each(Object.keys(BODIES))('%s with another field is refused', async (call) => {
    const { status, body } = await wrong('no_such_field', true, call);
    expect(status).toBe(400);
    expect(body.error_msg).toContain('no_such_field');
  });
});

describe('a query', () => {
  it.each(of('query'))('%s', async (_, { call, field }) => {
    const { status, body } = await send(call, undefined, `?${field}=${'x'.repeat(300)}`);
    expect(status).toBe(400);
    expect(body.error_msg).toContain(field);
  });
});

describe('an answer', () => {
  it.each(of('answer'))('%s', (_, { call, field }) => expect(has(shown[call], steps(field))).toBe(true));

  it.each(['/tasks', '/taskgroups'])('of GET %s has the same', async (path) => {
    const { body } = await send(`GET ${path}`);
    const [, [first]] = Object.entries(body).find(([, value]) => Array.isArray(value)) as unknown as [string, object[]];
    expect(Object.keys(first ?? {}).sort()).toEqual(Object.keys(shown[`GET ${path}/{id}`] as object).sort());
  });
});
