import { buffer } from 'node:stream/consumers';
import { httpScene, readUrl, type resolveToThisMachine } from '../../../test/support/http-source/index.js';
import { UrlStore } from './url-store.js';

const { signal } = new AbortController();
const { clientWith, startSource, urlsWith } = httpScene();

describe('a server', () => {
  it('that cuts a body is reported as connection, told length or not', async () => {
    const source = await startSource();
    const failure = { name: 'StoreError', kind: 'connection' };
    for (const tellsLength of [true, false]) {
      const url = source.serve('/a', { content: '0123456789', cutAfter: 4, tellsLength });
      await expect(readUrl(urlsWith(), url)).rejects.toMatchObject(failure);
    }
  });

  it('that stands still in a body is reported as timeout', async () => {
    const source = await startSource();
    const url = source.serve('/a', { content: '0123456789', stallAfter: 4 });
    await expect(readUrl(urlsWith(), url)).rejects.toMatchObject({ name: 'StoreError', kind: 'timeout' });
  });

  it('that is slow and never stands still is read to its end', async () => {
    const source = await startSource();
    const url = source.handle('/a', (_request, response) => {
      const drip = setInterval(() => response.write('drop '), 20);
      setTimeout(() => (clearInterval(drip), response.end('over')), 500);
    });
    expect(await readUrl(urlsWith({ idleTimeoutMs: 100 }), url)).toMatch(/^(drop ){5,}over$/);
  });

  it('that does not answer is reported as timeout', async () => {
    const source = await startSource();
    const url = source.handle('/a', () => undefined);
    await expect(urlsWith().head(url, signal)).rejects.toMatchObject({ kind: 'timeout' });
  });

  it('that is not there is reported as connection, and a name that is not as not-found', async () => {
    const source = await startSource();
    const url = source.urlOf('/a');
    await source.close();
    await expect(urlsWith().head(url, signal)).rejects.toMatchObject({
      kind: 'connection',
      backendCode: 'ECONNREFUSED',
    });
    const resolve: typeof resolveToThisMachine = (_hostname, _options, callback) =>
      callback(Object.assign(new Error('no such name'), { code: 'ENOTFOUND' }), []);
    await expect(urlsWith({ resolve }).head('http://gone.test/a', signal)).rejects.toMatchObject({
      kind: 'not-found',
      backendCode: 'ENOTFOUND',
    });
  });

  it('that answers with huge headers is refused', async () => {
    const source = await startSource();
    const url = source.handle('/a', (_request, response) => response.writeHead(200, { x: 'y'.repeat(100_000) }).end());
    await expect(urlsWith().head(url, signal)).rejects.toMatchObject({
      kind: 'invalid',
      backendCode: 'HeadersTooLarge',
    });
  });

  it('that speaks until it hangs up, without a length, is read to its end', async () => {
    const source = await startSource();
    const url = source.handle('/a', (_request, response) => {
      response.socket?.end('HTTP/1.0 200 OK\r\n\r\nold style');
    });
    expect(await readUrl(urlsWith(), url)).toBe('old style');
  });

  it('keeps its connection through refusals and redirects', async () => {
    const source = await startSource();
    source.serve('/a', 'x');
    const store = urlsWith({ connectionsPerOrigin: 1 });
    for (const url of [source.refuse('/no', 404), source.redirect('/from', '/a'), source.urlOf('/a')])
      await store.head(url, signal).catch(() => undefined);
    await store.open(source.urlOf('/no'), {}, signal).catch(() => undefined);
    await store.head(source.serve('/large', 'x'.repeat(1_000_000)), signal);
    expect(await readUrl(store, source.urlOf('/from'))).toBe('x');
    expect(source.connections).toBe(1);
  });

  it('has as many connections as are allowed, and not more', async () => {
    const source = await startSource();
    const url = source.serve('/a', 'x'.repeat(1000));
    const store = urlsWith({ connectionsPerOrigin: 2, requestTimeoutMs: 5000 });
    const contents = await Promise.all(Array.from({ length: 20 }, () => readUrl(store, url)));
    expect(new Set(contents).size).toBe(1);
    expect(source.connections).toBe(2);
  });
});

describe('a signal', () => {
  it('ends a request, a body, and a wait for a connection, with its reason', async () => {
    const source = await startSource();
    const silent = source.handle('/silent', () => undefined);
    const stuck = source.serve('/stuck', { content: '0123456789', stallAfter: 4 });
    const store = urlsWith({ connectionsPerOrigin: 1, requestTimeoutMs: 5000, idleTimeoutMs: 5000 });
    const stop = new AbortController();
    const reason = new Error('stopped');
    const { body } = await store.open(stuck, {}, stop.signal);
    const reading = buffer(body);
    const waiting = store.head(silent, stop.signal);
    stop.abort(reason);
    await expect(reading).rejects.toBe(reason);
    await expect(waiting).rejects.toBe(reason);
    await expect(store.head(silent, stop.signal)).rejects.toBe(reason);
    expect(await readUrl(store, source.serve('/a', 'goes on'))).toBe('goes on');
  });

  it('ends an answer that does not come', async () => {
    const source = await startSource();
    const stop = new AbortController();
    const reason = new Error('stopped');
    const url = source.handle('/a', () => stop.abort(reason));
    await expect(urlsWith().head(url, stop.signal)).rejects.toBe(reason);
  });
});

describe('a client', () => {
  it('gives a place up when a body is read or destroyed', async () => {
    const sources = await Promise.all(Array.from({ length: 4 }, () => startSource()));
    const client = clientWith({ maxOrigins: 1 });
    const store = new UrlStore(client);
    for (const source of sources) expect(await readUrl(store, source.serve('/a', 'x'))).toBe('x');
    for (const source of sources) {
      const { body } = await store.open(source.serve('/b', 'x'.repeat(10_000_000)), {}, signal);
      body.destroy();
    }
    expect(client.origins).toBe(1);
  });
});
