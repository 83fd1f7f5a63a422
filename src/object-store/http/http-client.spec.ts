import { buffer } from 'node:stream/consumers';
import { selfSignedCertificate } from '../../../test/support/eventstoredb/self-signed.js';
import { HttpSource } from '../../../test/support/http-source/index.js';
import { HttpClient, type HttpClientOptions } from './http-client.js';
import { UrlStore } from './url-store.js';

const { signal } = new AbortController();
const opened: (HttpClient | HttpSource)[] = [];
const keep = <T extends HttpClient | HttpSource>(it: T): T => {
  opened.push(it);
  return it;
};
afterEach(async () => {
  for (const it of opened.splice(0)) await it.close();
});

const clientWith = (options: Partial<HttpClientOptions> = {}): HttpClient =>
  keep(
    new HttpClient({
      allowPrivateNetworks: true,
      connectionsPerOrigin: 2,
      requestTimeoutMs: 300,
      idleTimeoutMs: 300,
      ...options,
    }),
  );
const urlsWith = (options?: Partial<HttpClientOptions>): UrlStore => new UrlStore(clientWith(options));
const startSource = async (...options: Parameters<typeof HttpSource.start>): Promise<HttpSource> =>
  keep(await HttpSource.start(...options));
const read = async (store: UrlStore, url: string): Promise<string> =>
  (await buffer((await store.open(url, {}, signal)).body)).toString();

describe('a redirect', () => {
  it.each([301, 302, 303, 307, 308])('with %s is followed, for HEAD and GET alike', async (status) => {
    const source = await startSource();
    const url = source.redirect('/from', '/to?x=1', status);
    source.serve('/to', 'there');
    const store = urlsWith();
    expect(await store.head(url, signal)).toMatchObject({ key: url, size: 5 });
    expect(await read(store, url)).toBe('there');
    expect(source.requests.map(({ method, target }) => `${method} ${target}`)).toEqual([
      'HEAD /from',
      'HEAD /to?x=1',
      'GET /from',
      'GET /to?x=1',
    ]);
  });

  it('leads to other origins, and takes ranges and conditions along but no password', async () => {
    const [from, to] = [await startSource(), await startSource()];
    const target = to.serve('/to', { content: '0123', etag: '"e"' });
    const url = from.redirect('/from', target).replace('//', '//user:geheim@');
    const { body } = await urlsWith().open(url, { range: { start: 1, end: 2 }, ifMatch: 'e' }, signal);
    expect((await buffer(body)).toString()).toBe('12');
    expect(from.requests[0]?.headers.authorization).toMatch(/^Basic /);
    expect(to.requests[0]?.headers).toMatchObject({ range: 'bytes=1-2', 'if-match': '"e"' });
    expect(to.requests[0]?.headers.authorization).toBeUndefined();
  });

  it('within an origin keeps the password', async () => {
    const source = await startSource();
    source.serve('/to', 'x');
    await read(urlsWith(), source.redirect('/from', 'to').replace('//', '//user:geheim@'));
    expect(source.requests[1]?.headers.authorization).toMatch(/^Basic /);
  });

  it('is followed five times and not a sixth time', async () => {
    const source = await startSource();
    source.serve('/0', 'end');
    for (let at = 1; at <= 6; at++) source.redirect(`/${at}`, `/${at - 1}`);
    expect(await read(urlsWith(), source.urlOf('/5'))).toBe('end');
    const refusal = { kind: 'invalid', backendCode: 'TooManyRedirects', httpStatus: 302 };
    await expect(read(urlsWith(), source.urlOf('/6'))).rejects.toMatchObject(refusal);
  });

  it('to itself is no endless loop', async () => {
    const source = await startSource();
    const url = source.redirect('/loop', '/loop');
    await expect(urlsWith().head(url, signal)).rejects.toMatchObject({ backendCode: 'TooManyRedirects' });
    expect(source.requests).toHaveLength(6);
  });

  it.each(['ftp://127.0.0.1/a', 'file:///etc/passwd', 'javascript:alert(1)', 'http://'])(
    'to %s is refused',
    async (location) => {
      const source = await startSource();
      const url = source.redirect('/from', location);
      await expect(urlsWith().head(url, signal)).rejects.toMatchObject({ kind: 'invalid', backendCode: 'InvalidUrl' });
    },
  );

  it('to nowhere is a bad answer', async () => {
    const source = await startSource();
    const url = source.refuse('/from', 302);
    await expect(urlsWith().head(url, signal)).rejects.toMatchObject({ kind: 'unavailable' });
  });
});

describe('the guard', () => {
  const refusal = { name: 'StoreError', kind: 'denied', backendCode: 'AddressNotAllowed' };

  it.each(['127.0.0.1', '[::ffff:127.0.0.1]', '2130706433', '0x7f.1', 'localhost', '[::1]', '0'])(
    'keeps from connecting to %s',
    async (host) => {
      const source = await startSource();
      source.serve('/a', 'secret');
      const store = urlsWith({ allowPrivateNetworks: false });
      await expect(store.head(`http://${host}:${source.port}/a`, signal)).rejects.toMatchObject(refusal);
      await expect(store.open(`http://${host}:${source.port}/a`, {}, signal)).rejects.toMatchObject(refusal);
      expect(source.connections).toBe(0);
    },
  );

  it('judges what a name resolves to, at every connection', async () => {
    const source = await startSource();
    source.serve('/a', 'secret');
    let asked = 0;
    const resolve: HttpClientOptions['resolve'] = (_hostname, _options, callback) => {
      asked++;
      callback(null, [{ address: '127.0.0.1', family: 4 }]);
    };
    const store = urlsWith({ allowPrivateNetworks: false, resolve });
    for (let at = 0; at < 2; at++)
      await expect(store.head(`http://public.test:${source.port}/a`, signal)).rejects.toMatchObject(refusal);
    expect(asked).toBe(2);
    expect(source.connections).toBe(0);
    expect(await read(urlsWith({ resolve }), `http://public.test:${source.port}/a`)).toBe('secret');
  });
});

describe('over https', () => {
  it('a certificate of an unknown authority is refused, and no try will mend it', async () => {
    const source = await startSource({ tls: selfSignedCertificate() });
    await expect(urlsWith().head(source.urlOf('/a'), signal)).rejects.toMatchObject({
      kind: 'invalid',
      backendCode: 'DEPTH_ZERO_SELF_SIGNED_CERT',
      retriable: false,
    });
  });

  it('a certificate for another name is refused', async () => {
    const tls = selfSignedCertificate();
    const source = await startSource({ tls });
    const resolve: HttpClientOptions['resolve'] = (_hostname, _options, callback) =>
      callback(null, [{ address: '127.0.0.1', family: 4 }]);
    const store = urlsWith({ ca: tls.cert, resolve });
    await expect(store.head(`https://other.test:${source.port}/a`, signal)).rejects.toMatchObject({
      kind: 'invalid',
      backendCode: 'ERR_TLS_CERT_ALTNAME_INVALID',
    });
  });

  it('an object is read when the certificate is good', async () => {
    const tls = selfSignedCertificate();
    const source = await startSource({ tls });
    expect(await read(urlsWith({ ca: tls.cert }), source.serve('/a', 'safe'))).toBe('safe');
  });
});

describe('a server', () => {
  it('that cuts a body is reported as connection, told length or not', async () => {
    const source = await startSource();
    const failure = { name: 'StoreError', kind: 'connection' };
    for (const tellsLength of [true, false]) {
      const url = source.serve('/a', { content: '0123456789', cutAfter: 4, tellsLength });
      await expect(read(urlsWith(), url)).rejects.toMatchObject(failure);
    }
  });

  it('that stands still in a body is reported as timeout', async () => {
    const source = await startSource();
    const url = source.serve('/a', { content: '0123456789', stallAfter: 4 });
    await expect(read(urlsWith(), url)).rejects.toMatchObject({ name: 'StoreError', kind: 'timeout' });
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
    const resolve: HttpClientOptions['resolve'] = (_hostname, _options, callback) =>
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
    expect(await read(urlsWith(), url)).toBe('old style');
  });

  it('keeps its connection through refusals and redirects', async () => {
    const source = await startSource();
    source.serve('/a', 'x');
    const store = urlsWith({ connectionsPerOrigin: 1 });
    for (const url of [source.refuse('/no', 404), source.redirect('/from', '/a'), source.urlOf('/a')])
      await store.head(url, signal).catch(() => undefined);
    await store.open(source.urlOf('/no'), {}, signal).catch(() => undefined);
    expect(await read(store, source.urlOf('/from'))).toBe('x');
    expect(source.connections).toBe(1);
  });

  it('has as many connections as are allowed, and not more', async () => {
    const source = await startSource();
    const url = source.serve('/a', 'x'.repeat(1000));
    const store = urlsWith({ connectionsPerOrigin: 2, requestTimeoutMs: 5000 });
    const contents = await Promise.all(Array.from({ length: 20 }, () => read(store, url)));
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
    expect(await read(store, source.serve('/a', 'goes on'))).toBe('goes on');
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
    for (const source of sources) expect(await read(store, source.serve('/a', 'x'))).toBe('x');
    for (const source of sources) {
      const { body } = await store.open(source.serve('/b', 'x'.repeat(10_000_000)), {}, signal);
      body.destroy();
    }
    expect(client.origins).toBe(1);
  });
});
