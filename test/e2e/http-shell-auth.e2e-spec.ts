import { canonicalRequest, signatureOf } from '../../src/http/auth/canonical-request.js';
import { startShell, type Shell } from './http-shell-app.js';

const KEYS = [
  { accessKey: 'AK1', secretKey: 'secret-one', projects: ['p1'] },
  { accessKey: 'AK2', secretKey: 'secret-two', projects: ['*'] },
];
const EVENTS = '/v2/p1/sync-tasks/t1/events';
const BODY = '{"object_keys": ["a%2Fb"]}\n';

let shell: Shell;
beforeAll(async () => {
  shell = await startShell({}, { mode: 'required', keys: KEYS });
});
afterAll(() => shell.app.close());

const sdkDate = (ms: number): string => new Date(ms).toISOString().replace(/[-:]|\.\d{3}/g, '');

interface Signing {
  readonly method?: string;
  readonly path?: string;
  readonly body?: string;
  readonly accessKey?: string;
  readonly secretKey?: string;
  readonly ageMs?: number;
  /** What is sent instead of what was signed. */
  readonly sent?: { readonly path?: string; readonly body?: string };
}

const callSigned = async (signing: Signing = {}) => {
  const { method = 'POST', path = EVENTS, accessKey = 'AK1', secretKey = 'secret-one', ageMs = 0, sent = {} } = signing;
  const body = signing.body ?? (method === 'POST' ? BODY : undefined);
  const date = sdkDate(Date.now() - ageMs);
  const headers: Record<string, string> = { 'content-type': 'application/json', 'x-sdk-date': date };
  const signedHeaders = Object.keys(headers).sort();
  const parts = {
    method,
    url: path,
    header: (name: string) => headers[name],
    signedHeaders,
    body: Buffer.from(body ?? ''),
  };
  const signature = signatureOf(canonicalRequest(parts), date, secretKey);
  headers.authorization = `SDK-HMAC-SHA256 Access=${accessKey}, SignedHeaders=${signedHeaders.join(';')}, Signature=${signature}`;
  return call(method, sent.path ?? path, headers, sent.body ?? body);
};

const call = async (method: string, path: string, headers: Record<string, string>, body?: string) => {
  const answer = await fetch(`${shell.url}${path}`, { method, headers, ...(body === undefined ? {} : { body }) });
  return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
};

const WRONG = { status: 401, body: { error_code: 'OMS.1005', error_msg: 'The access key or the signature is wrong' } };

describe('a signed request', () => {
  it('is served, and its key is the actor', async () =>
    expect(await callSigned()).toMatchObject({ status: 200, body: { keys: ['a/b'], context: { actor: 'AK1' } } }));

  it('may have no body, and a query in any order and escape', async () => {
    const path = '/v2/p1/sync-tasks?offset=1&limit=2';
    expect(await callSigned({ method: 'GET', path })).toMatchObject({ status: 200, body: { limit: 2, offset: 1 } });
    const sent = { path: '/v2/p1/sync-tasks?limit=%32&offset=1' };
    expect(await callSigned({ method: 'GET', path, sent })).toMatchObject({ status: 200, body: { limit: 2 } });
  });

  it('may name a project in escapes', async () => {
    const key = { accessKey: 'AK2', secretKey: 'secret-two' };
    const path = '/v2/p%2Fq%3A1/sync-tasks';
    expect(await callSigned({ method: 'GET', path, ...key })).toMatchObject({
      status: 200,
      body: { project_id: 'p/q:1' },
    });
  });

  it('is refused with 403 outside of the projects of its key', async () => {
    expect(await callSigned({ path: '/v2/p2/sync-tasks/t1/events' })).toMatchObject({
      status: 403,
      body: { error_code: 'OMS.0206' },
    });
  });

  it('may be 14 minutes off, and not 16', async () => {
    for (const ageMs of [14 * 60_000, -14 * 60_000]) expect((await callSigned({ ageMs })).status).toBe(200);
    for (const ageMs of [16 * 60_000, -16 * 60_000]) expect((await callSigned({ ageMs })).status).toBe(401);
  });

  it.each<[string, Signing]>([
    ['an unknown key', { accessKey: 'AK9' }],
    ['the secret of another key', { secretKey: 'secret-two' }],
    ['another body', { sent: { body: BODY.trim() } }],
    ['another path', { sent: { path: '/v2/p1/sync-tasks/t2/events' } }],
    ['another query', { sent: { path: `${EVENTS}?a=1` } }],
  ])('with %s is refused, and the answer does not tell which', async (_what, signing) =>
    expect(await callSigned(signing)).toEqual(WRONG),
  );

  it('is checked before its body is parsed', async () =>
    expect(await callSigned({ body: '{', secretKey: 'wrong' })).toEqual(WRONG));
});

it.each<[string, Record<string, string>]>([
  ['no header at all', {}],
  ['a token', { 'x-auth-token': 'abc' }],
  ['another scheme', { authorization: 'Bearer abc' }],
  ['no date', { authorization: `SDK-HMAC-SHA256 Access=AK1, SignedHeaders=host, Signature=${'0'.repeat(64)}` }],
  [
    'a date that is not signed',
    {
      'x-sdk-date': sdkDate(Date.now()),
      authorization: `SDK-HMAC-SHA256 Access=AK1, SignedHeaders=host, Signature=${'0'.repeat(64)}`,
    },
  ],
  [
    'a date that is none',
    {
      'x-sdk-date': 'now',
      authorization: `SDK-HMAC-SHA256 Access=AK1, SignedHeaders=x-sdk-date, Signature=${'0'.repeat(64)}`,
    },
  ],
])('a request with %s is refused with 401', async (_what, headers) => {
  for (const method of ['GET', 'POST'])
    expect(await call(method, '/v2/p1/sync-tasks', headers)).toMatchObject({
      status: 401,
      body: { error_code: 'OMS.1005' },
    });
});

it('health, figures, versions and documentation stay open', async () => {
  for (const path of ['/health/live', '/health/ready', '/metrics', '/', '/v2', '/docs', '/openapi.json'])
    expect((await fetch(`${shell.url}${path}`)).status).toBe(200);
  expect((await fetch(`${shell.url}/no/where`)).status).toBe(404);
});

it('secrets are in no line of the log', () =>
  expect(JSON.stringify(shell.log)).not.toMatch(/secret-(one|two)|Signature=/));
