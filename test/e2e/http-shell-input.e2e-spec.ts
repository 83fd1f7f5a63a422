import {
  bodyOf,
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

describe('a good request', () => {
  it('reaches its handler with checked and decoded input', async () => {
    const answer = await call('POST', EVENTS, events('a%2Fb', 'a/b', 'c+d'));
    expect(answer.status).toBe(200);
    expect(answer.json()).toMatchObject({ project_id: 'p1', sync_task_id: 't1', keys: ['a/b', 'c+d'] });
  });

  it.each([
    ['no content type', {}],
    ['a charset', { 'content-type': 'application/json;charset=UTF-8' }],
    ['capitals in the content type', { 'content-type': 'Application/JSON' }],
  ])('may come with %s', async (_what, headers) =>
    expect((await call('POST', EVENTS, events('a'), headers)).status).toBe(200),
  );

  it('may hold fields nobody knows yet, and a key twice', async () =>
    expect((await call('POST', EVENTS, '{"x":1,"object_keys":["b"],"object_keys":["a"]}')).json()).toMatchObject({
      keys: ['a'],
    }));

  it.each(['POST', 'DELETE'])('may be an empty %s with a content type', async (method) => {
    const path = `/v2/p1/sync-tasks/t1${method === 'POST' ? '/stop' : ''}`;
    const answer = await call(method, path, '', JSON_TYPE);
    expect([answer.status, answer.text]).toEqual([200, '']);
  });

  it('may be a GET with a content type, a query in escapes and a slash at its end', async () => {
    const query = 'data_type=REQUEST%2CSIZE&start_time=1&end_time=1';
    expect((await call('GET', `/v2/p1/sync-tasks/t1/statistics/?${query}`)).json()).toMatchObject({
      types: ['REQUEST', 'SIZE'],
    });
  });

  it('may name a project in 1024 characters, all of them escaped', async () => {
    const answer = await call('GET', `/v2/${encodeURIComponent('é'.repeat(1024))}/sync-tasks`);
    expect(answer.json()).toMatchObject({ project_id: 'é'.repeat(1024), limit: 10, offset: 0 });
  });
});

describe('a bad body', () => {
  it.each<[string, string | Buffer, string, RegExp]>([
    ['that is not JSON', '{"object_keys":', 'OMS.0067', /cannot be parsed/],
    ['of bad UTF-8', Buffer.from([0x22, 0xff, 0x22]), 'OMS.0067', /UTF-8/],
    ['with __proto__ in it', '{"a":[{"__proto__":{"x":1}}]}', 'OMS.0067', /__proto__/],
    ['with an escaped __proto__ in it', '{"\\u005f_proto__":{"x":1}}', 'OMS.0067', /__proto__/],
    ['nested 33 deep', '['.repeat(33) + ']'.repeat(33), 'OMS.0067', /deep/],
    ['nested a million deep', '['.repeat(1_000_000), 'OMS.0067', /deep/],
    ['that is an array', '[]', 'OMS.0001', /must be a JSON object/],
    ['that is null', 'null', 'OMS.0001', /must be a JSON object/],
    ['without its field', '{}', 'OMS.1004', /^object_keys is missing/],
    ['that is empty', '', 'OMS.1004', /^object_keys is missing/],
    ['with null for its field', '{"object_keys":null}', 'OMS.1004', /^object_keys is missing/],
    ['with a string for an array', '{"object_keys":"a"}', 'OMS.0001', /^object_keys must be an array/],
    ['with 101 keys', events(...Array.from({ length: 101 }, String)), 'OMS.0001', /^object_keys must hold 1 to 100/],
    ['with no key', events(), 'OMS.0001', /^object_keys must hold/],
    ['with a number for a key', events('a', 7), 'OMS.0001', /^object_keys\[1\] must be a string/],
    ['with an object for a key', events('a', { b: 1 }), 'OMS.0001', /^object_keys\[1\] must be a string/],
    ['with an empty key', events('a', ''), 'OMS.0001', /^object_keys\[1\] must be 1 to 16384/],
    ['with a key too long', events('a'.repeat(16_385)), 'OMS.0001', /^object_keys\[0\] must be 1 to 16384/],
    ['with a bad percent escape', events('a', 'b', '%zz'), 'OMS.0001', /^object_keys\[2\] /],
    ['with a lone surrogate', '{"object_keys":["\\ud800"]}', 'OMS.0001', /^object_keys\[0\] /],
  ])('%s is refused', async (_what, body, code, message) =>
    expectRefusal(await call('POST', EVENTS, body), 400, code, message),
  );

  it('never quotes what was in it', async () =>
    expect((await call('POST', EVENTS, '{"src_sk":"hunter2"')).text).not.toContain('hunter2'));

  it.each([['text/plain'], ['application/x-www-form-urlencoded'], ['application/jsonp'], ['garbage']])(
    'of type %s is refused with 415',
    async (type) =>
      expectRefusal(
        await call('POST', EVENTS, events('a'), { 'content-type': type }),
        415,
        'OMS.0074',
        /application\/json/,
      ),
  );

  it('of 13 MB is refused with 413, whether its length is announced or not', async () => {
    const length = 13 * 1024 * 1024;
    const announced = `POST ${EVENTS} HTTP/1.1\r\nHost: x\r\nContent-Length: ${length}\r\nConnection: close\r\n\r\n`;
    const answer = await rawExchange(shell.port, announced);
    expect(answer).toMatch(/^HTTP\/1.1 413 /);
    expect(bodyOf(answer)).toMatchObject({ error_code: 'OMS.0064' });
    const chunked = `POST ${EVENTS} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n`;
    const chunk = `${length.toString(16)}\r\n${' '.repeat(length)}\r\n0\r\n\r\n`;
    expect(await rawExchange(shell.port, chunked + chunk)).toMatch(/^HTTP\/1.1 413 /);
  });

  it('of just 12 MB is read', async () => {
    const filler = ' '.repeat(12 * 1024 * 1024 - events('a').length);
    expect((await call('POST', EVENTS, events('a') + filler)).status).toBe(200);
  });
});

describe('a bad query', () => {
  it.each([
    ['limit=1e1', /^limit must be a whole number from 1 to 100/],
    ['limit=%201', /^limit /],
    ['limit=0x10', /^limit /],
    ['limit=', /^limit /],
    ['limit=0', /^limit /],
    ['limit=101', /^limit /],
    ['limit=1&limit=2', /^limit /],
    ['offset=-1', /^offset /],
    ['offset=10001', /^offset /],
    ['status=RUNNING', /^status must be one of SYNCHRONIZING, STOPPED/],
    ['limit=%zz', /^limit /],
  ])('%s is refused', async (query, message) =>
    expectRefusal(await call('GET', `/v2/p1/sync-tasks?${query}`), 400, 'OMS.0001', message),
  );
});

describe('a bad address', () => {
  it.each(['/v2/%zz/sync-tasks', '/v2/%/sync-tasks', '/%E6%B5'])('%s is refused', async (path) => {
    const answer = await rawExchange(shell.port, `GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`);
    expect(answer).toMatch(/^HTTP\/1.1 400 /);
    expect(answer).toMatch(/\r\nx-request-id: /i);
    expect(bodyOf(answer)).toMatchObject({ error_code: 'OMS.0001' });
  });

  it('with a project of 1025 characters is refused', async () =>
    expectRefusal(await call('GET', `/v2/${'p'.repeat(1025)}/sync-tasks`), 400, 'OMS.0001', /^project_id /));

  it.each([
    '/nothing/here',
    '/v2/p1/sync-task',
    '/v2/p1',
    '/v2//sync-tasks',
    '/docs/../../etc/passwd',
    '/docs/%2e%2e%2fmain',
  ])('%s is not found', async (path) => {
    const answer = await rawExchange(shell.port, `GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`);
    expect(answer).toMatch(/^HTTP\/1.1 404 /);
    expect(bodyOf(answer)).toMatchObject({ error_code: 'OMS.0004' });
  });

  it.each([
    ['PUT', EVENTS, 'POST'],
    ['GET', EVENTS, 'POST'],
    ['PATCH', '/v2/p1/sync-tasks', 'GET, HEAD, POST'],
    ['DELETE', '/health/live', 'GET, HEAD'],
    ['PROPFIND', '/v2/p1/sync-tasks', 'GET, HEAD, POST'],
  ])('%s %s is not allowed', async (method, path, allowed) => {
    const answer = await rawExchange(shell.port, `${method} ${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`);
    expect(answer).toMatch(/^HTTP\/1.1 405 /);
    expect(answer).toMatch(new RegExp(`\r\nallow: ${allowed}, OPTIONS\r\n`, 'i'));
    expect(bodyOf(answer)).toMatchObject({ error_code: 'OMS.0005' });
  });

  it('is answered by OPTIONS with what is allowed', async () => {
    const answer = await call('OPTIONS', '/v2/p1/sync-tasks', undefined, {});
    expect([answer.status, answer.text, answer.headers.allow]).toEqual([204, '', 'GET, HEAD, POST, OPTIONS']);
  });

  it('is answered to HEAD without a body', async () => {
    const [good, bad] = [
      await call('HEAD', '/v2/p1/sync-tasks', undefined, {}),
      await call('HEAD', '/no/where', undefined, {}),
    ];
    expect([good.status, good.text, bad.status, bad.text]).toEqual([200, '', 404, '']);
  });
});

describe('what is no HTTP request', () => {
  it.each([
    ['garbage', 'hello\r\n\r\n', 400],
    ['an unknown method', 'BREW / HTTP/1.1\r\nHost: x\r\n\r\n', 400],
    ['two lengths', 'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n', 400],
    [
      'a length and chunks',
      'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n',
      400,
    ],
    ['20 KB of headers', `GET / HTTP/1.1\r\nHost: x\r\nX: ${'a'.repeat(20_000)}\r\n\r\n`, 431],
    ['a header that never ends', 'GET / HTTP/1.1\r\nHost: x\r\nX-Slow: ', 408],
  ])('%s is answered in JSON and hung up on', async (_what, bytes, status) => {
    const answer = await rawExchange(shell.port, bytes);
    expect(answer).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
    expect(bodyOf(answer)).toEqual({ error_code: 'OMS.0004', error_msg: expect.any(String) as string });
  });
});
