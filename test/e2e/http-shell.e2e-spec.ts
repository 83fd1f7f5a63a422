import {
  clientOf,
  EVENTS,
  events,
  expectRefusal,
  JSON_TYPE,
  rawExchange,
  startShell,
  type Shell,
} from './http-shell-app.js';

let shell: Shell;
beforeAll(async () => {
  shell = await startShell({ headersMs: 300, checkEveryMs: 50 });
});
afterAll(() => shell.app.close());

const call = clientOf(() => shell.url);

describe('errors', () => {
  it('that are bugs say nothing of themselves, and all in the log', async () => {
    const answer = await call('POST', '/v2/p1/sync-tasks/bug/stop', '');
    expectRefusal(answer, 500, 'OMS.1001', /request id/);
    expect(answer.text).not.toContain('hunter2');
    const requestId = answer.headers['x-request-id'];
    expect(answer.text).toContain(requestId);
    expect(shell.log).toContainEqual(
      expect.objectContaining({
        level: 'error',
        requestId,
        err: expect.objectContaining({ stack: expect.stringContaining('http-shell-app') as string }) as object,
      }),
    );
  });

  it('that are refusals keep their status and code', async () =>
    expectRefusal(await call('POST', '/v2/p1/sync-tasks/busy/stop', ''), 503, 'OMS.2004', /busy/));
});

describe('request ids', () => {
  it('are taken over from the caller and reach the handler', async () => {
    const answer = await call('POST', EVENTS, events('a'), { ...JSON_TYPE, 'x-request-id': 'abc-1' });
    expect(answer.headers['x-request-id']).toBe('abc-1');
    expect(answer.json()).toMatchObject({ context: { correlationId: 'abc-1', actor: 'anonymous' } });
  });

  it.each(['has space', 'a'.repeat(65), '<script>', ''])('like %j are replaced', async (given) => {
    const answer = await call('GET', '/health/live', undefined, { 'x-request-id': given });
    expect(answer.headers['x-request-id']).toMatch(/^[0-9a-f-]{36}$/);
  });
});

describe('the log', () => {
  it('has one line per request, with the pattern of the route and no query', async () => {
    await call('GET', '/v2/p1/sync-tasks?limit=3&sk=hunter2', undefined, { 'x-request-id': 'logged-1' });
    await new Promise(setImmediate);
    const lines = shell.log.filter((line) => line.requestId === 'logged-1');
    expect(lines).toEqual([
      expect.objectContaining({ method: 'GET', route: '/v2/:project_id/sync-tasks', status: 200, remote: '127.0.0.1' }),
    ]);
    expect(JSON.stringify(shell.log)).not.toContain('hunter2":');
    expect(JSON.stringify(lines)).not.toContain('hunter2');
  });
});

describe('operations', () => {
  it('tell that the process lives', async () =>
    expect((await call('GET', '/health/live')).json()).toEqual({ status: 'ok' }));

  it('tell whether it is ready, check by check', async () => {
    expect(await call('GET', '/health/ready')).toMatchObject({ status: 200, text: '{"status":"ready","checks":[]}' });
    shell.readiness.register('queue', () => Promise.resolve({ ok: true }));
    shell.readiness.register('slow', () => new Promise(() => undefined));
    shell.readiness.register('broken', () => Promise.reject(new Error('password is x')));
    const answer = await call('GET', '/health/ready');
    expect(answer.status).toBe(503);
    expect(answer.json()).toEqual({
      status: 'not-ready',
      checks: [
        { name: 'queue', ok: true },
        { name: 'slow', ok: false, detail: 'no answer within 100 ms' },
        { name: 'broken', ok: false, detail: 'the check failed' },
      ],
    });
  });

  it('count requests by route, method and status', async () => {
    await call('GET', '/health/live');
    const { text, headers } = await call('GET', '/metrics');
    expect(headers['content-type']).toMatch(/^text\/plain/);
    expect(text).toMatch(/request_duration_seconds_count\{method="GET",route="\/health\/live",status="200"\} \d/);
    expect(text).toContain('process_cpu_seconds_total');
  });
});

describe('API versions', () => {
  it('are listed', async () =>
    expect((await call('GET', '/')).json()).toEqual({
      versions: [
        {
          id: 'v2',
          status: 'CURRENT',
          updated: '2020-04-01T12:00:00Z',
          links: [{ href: `${shell.url}/v2/`, rel: 'self' }],
        },
      ],
    }));

  it('are shown one by one', async () =>
    expect((await call('GET', '/v2')).json()).toMatchObject({ id: 'v2', status: 'CURRENT' }));

  it('that are unknown are not found', async () => {
    expectRefusal(await call('GET', '/v9'), 404, 'OMS.0004', /v9/);
    expectRefusal(await call('GET', '/version-eleven'), 400, 'OMS.0001', /^version must be 1 to 10/);
  });
});

describe('the documentation', () => {
  it('is an OpenAPI document with every call, limit and refusal', async () => {
    const { text } = await call('GET', '/openapi.json');
    const document = JSON.parse(text) as {
      paths: Record<string, Record<string, { responses: object }>>;
      components: { schemas: Record<string, { required: string[]; properties: Record<string, object> }> };
    };
    expect(Object.keys(document.paths)).toEqual(
      expect.arrayContaining(['/', '/{version}', '/health/ready', '/v2/{project_id}/sync-tasks']),
    );
    expect(Object.keys(document.paths['/v2/{project_id}/sync-tasks']?.post?.responses ?? {})).toEqual(
      expect.arrayContaining(['200', '400', '413', '415', '500']),
    );
    const create = document.components.schemas.CreateSyncTaskDto;
    expect(create?.required).toHaveLength(8);
    expect(create?.properties.src_bucket).toMatchObject({ type: 'string', minLength: 1, maxLength: 1024 });
    expect((await call('GET', '/openapi.json')).text).toBe(text);
  });

  it('is a page that loads from here only', async () => {
    const page = await call('GET', '/docs');
    expect(page.headers['content-type']).toMatch(/^text\/html/);
    expect(page.headers['content-security-policy']).toContain("script-src 'self';");
    const loaded = [...page.text.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, path]) => path ?? '');
    expect(loaded).toHaveLength(4);
    for (const path of loaded) expect((await call('GET', path)).status).toBe(200);
  });
});

it('every answer forbids sniffing and caching', async () => {
  for (const path of ['/v2/p1/sync-tasks', '/no/where', '/v2/%zz/x'])
    expect((await call('GET', path)).headers).toMatchObject({
      'x-content-type-options': 'nosniff',
      'cache-control': 'no-store',
    });
});

it('closing ends connections that are kept alive', async () => {
  const other = await startShell();
  const closed = rawExchange(other.port, 'GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n');
  while (!other.log.some(({ route }) => route === '/health/live'))
    await new Promise((resolve) => setTimeout(resolve, 5));
  await other.app.close();
  expect(await closed).toMatch(/^HTTP\/1.1 200 /);
});
