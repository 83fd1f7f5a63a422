import { buffer } from 'node:stream/consumers';
import { selfSignedCertificate } from '../../../test/support/eventstoredb/self-signed.js';
import { httpScene, readUrl, resolveToThisMachine } from '../../../test/support/http-source/index.js';

const { signal } = new AbortController();
const { startSource, urlsWith } = httpScene();

describe('a redirect', () => {
  it.each([301, 302, 303, 307, 308])('with %s is followed, for HEAD and GET alike', async (status) => {
    const source = await startSource();
    const url = source.redirect('/from', '/to?x=1', status);
    source.serve('/to', 'there');
    const store = urlsWith();
    expect(await store.head(url, signal)).toMatchObject({ key: url, size: 5 });
    expect(await readUrl(store, url)).toBe('there');
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
    await readUrl(urlsWith(), source.redirect('/from', 'to').replace('//', '//user:geheim@'));
    expect(source.requests[1]?.headers.authorization).toMatch(/^Basic /);
  });

  it('is followed five times and not a sixth time', async () => {
    const source = await startSource();
    source.serve('/0', 'end');
    for (let at = 1; at <= 6; at++) source.redirect(`/${at}`, `/${at - 1}`);
    expect(await readUrl(urlsWith(), source.urlOf('/5'))).toBe('end');
    const refusal = { kind: 'invalid', backendCode: 'TooManyRedirects', httpStatus: 302 };
    await expect(readUrl(urlsWith(), source.urlOf('/6'))).rejects.toMatchObject(refusal);
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
    const resolve: typeof resolveToThisMachine = (...question) => {
      asked++;
      resolveToThisMachine(...question);
    };
    const store = urlsWith({ allowPrivateNetworks: false, resolve });
    for (let at = 0; at < 2; at++)
      await expect(store.head(`http://public.test:${source.port}/a`, signal)).rejects.toMatchObject(refusal);
    expect(asked).toBe(2);
    expect(source.connections).toBe(0);
    expect(await readUrl(urlsWith({ resolve }), `http://public.test:${source.port}/a`)).toBe('secret');
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
    const store = urlsWith({ ca: tls.cert, resolve: resolveToThisMachine });
    await expect(store.head(`https://other.test:${source.port}/a`, signal)).rejects.toMatchObject({
      kind: 'invalid',
      backendCode: 'ERR_TLS_CERT_ALTNAME_INVALID',
    });
  });

  it('an object is read when the certificate is good', async () => {
    const tls = selfSignedCertificate();
    const source = await startSource({ tls });
    expect(await readUrl(urlsWith({ ca: tls.cert }), source.serve('/a', 'safe'))).toBe('safe');
  });
});
