import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { buffer } from 'node:stream/consumers';
import { DEFAULT_LAST_MODIFIED_MS, HttpSource, type HttpResource } from '../../../test/support/http-source/index.js';
import { UNKNOWN_SIZE, type OpenOptions } from '../object-store.port.js';
import { HttpClient } from './http-client.js';
import { UrlStore } from './url-store.js';

const { signal } = new AbortController();
const CONTENT = '0123456789';
const MD5 = createHash('md5').update(CONTENT).digest('hex');

describe('a store of URLs', () => {
  let source: HttpSource;
  let client: HttpClient;
  let store: UrlStore;

  beforeEach(async () => {
    source = await HttpSource.start();
    client = new HttpClient({
      allowPrivateNetworks: true,
      connectionsPerOrigin: 4,
      requestTimeoutMs: 500,
      idleTimeoutMs: 500,
    });
    store = new UrlStore(client);
  });
  afterEach(async () => {
    await store.close();
    await client.close();
    await source.close();
  });

  const serve = (resource: Omit<HttpResource, 'content'> = {}) => source.serve('/a', { content: CONTENT, ...resource });
  const read = async (url: string, options: OpenOptions = {}) => {
    const { info, body } = await store.open(url, options, signal);
    return { info, content: (await buffer(body)).toString() };
  };
  const methods = () => source.requests.map(({ method }) => method).join(' ');

  it('can be neither listed nor written', async () => {
    for (const listing of [store.list(), store.listPages()])
      await expect(listing[Symbol.asyncIterator]().next()).rejects.toMatchObject({
        name: 'StoreError',
        kind: 'invalid',
      });
    expect(store.traits.listsInKeyOrder).toBe(false);
    expect(store.bucket).toBe('');
    expect('put' in store).toBe(false);
  });

  it('tells what the headers say', async () => {
    const url = serve({
      headers: {
        'content-type': 'text/plain; charset=utf-8',
        'cache-control': 'max-age=60',
        'content-disposition': 'attachment; filename="a.txt"',
        'content-language': 'de',
        'content-encoding': 'br',
        expires: 'Thu, 01 Jan 2026 00:00:00 GMT',
        'content-md5': Buffer.from(MD5, 'hex').toString('base64'),
        'x-amz-meta-one': 'eins',
        'x-oss-meta-two': 'zwei',
        'x-oss-hash-crc64ecma': '17000000000000000001',
      },
    });
    const expected = {
      key: url,
      size: 10,
      lastModifiedMs: DEFAULT_LAST_MODIFIED_MS,
      etag: MD5,
      md5: MD5,
      crc64: '17000000000000000001',
      contentType: 'text/plain; charset=utf-8',
      metadata: {
        cacheControl: 'max-age=60',
        contentDisposition: 'attachment; filename="a.txt"',
        contentLanguage: 'de',
        contentEncoding: 'br',
        expires: 'Thu, 01 Jan 2026 00:00:00 GMT',
        user: { one: 'eins', two: 'zwei' },
      },
    };
    expect(await store.head(url, signal)).toEqual(expected);
    expect(await read(url)).toEqual({ info: expected, content: CONTENT });
  });

  it('tells nothing that the headers do not say', async () => {
    const url = serve({ etag: null, lastModifiedMs: null, tellsLength: false, headers: { 'content-md5': 'nonsense' } });
    const expected = { key: url, size: UNKNOWN_SIZE, lastModifiedMs: 0, metadata: {} };
    expect(await store.head(url, signal)).toEqual(expected);
    expect(await read(url)).toEqual({ info: expected, content: CONTENT });
  });

  it.each(['W/"weak"', '""', 'W/""'])('takes the ETag %s for none', async (etag) =>
    expect((await store.head(serve({ etag }), signal)).etag).toBeUndefined(),
  );

  it('never has anything compressed for the way, and leaves alone what is compressed', async () => {
    const compressed = gzipSync('text');
    const url = source.serve('/z', { content: compressed, headers: { 'content-encoding': 'gzip' } });
    const { info, body } = await store.open(url, {}, signal);
    expect(await buffer(body)).toEqual(compressed);
    expect(info).toMatchObject({ size: compressed.length, metadata: { contentEncoding: 'gzip' } });
    expect(source.requests[0]?.headers['accept-encoding']).toBe('identity');
  });

  it.each([403, 405, 501])('asks for the first byte where HEAD is refused with %s', async (headStatus) => {
    const url = serve({ headStatus });
    expect(await store.head(url, signal)).toMatchObject({ size: 10, etag: MD5 });
    expect(methods()).toBe('HEAD GET');
    expect(source.requests[1]?.headers.range).toBe('bytes=0-0');
  });

  it('finds the size of an empty object too where HEAD is refused', async () =>
    expect(await store.head(source.serve('/a', { content: '', headStatus: 405 }), signal)).toMatchObject({ size: 0 }));

  it('finds the size where HEAD is refused and ranges are ignored', async () =>
    expect(await store.head(serve({ headStatus: 501, takesRanges: false }), signal)).toMatchObject({ size: 10 }));

  it('says not-found when HEAD is forbidden and there is nothing', async () => {
    const url = source.handle('/x', ({ method }, response) => response.writeHead(method === 'HEAD' ? 403 : 404).end());
    await expect(store.head(url, signal)).rejects.toMatchObject({ kind: 'not-found' });
  });

  it('reads ranges, and tells the size of the whole', async () => {
    const url = serve();
    expect(await read(url, { range: { start: 3, end: 5 } })).toMatchObject({ content: '345', info: { size: 10 } });
    expect(await read(url, { range: { start: 8, end: 99 } })).toMatchObject({ content: '89', info: { size: 10 } });
    await expect(read(url, { range: { start: 10, end: 12 } })).rejects.toMatchObject({ kind: 'invalid' });
  });

  it('reads a range that came without its length', async () =>
    expect(await read(serve({ tellsLength: false }), { range: { start: 3, end: 5 } })).toMatchObject({
      content: '345',
      info: { size: 10 },
    }));

  it('refuses ranges where the server ignores them, but for the whole', async () => {
    const url = serve({ takesRanges: false });
    const refusal = { kind: 'invalid', backendCode: 'RangeNotSupported' };
    await expect(read(url, { range: { start: 3, end: 5 } })).rejects.toMatchObject(refusal);
    await expect(read(url, { range: { start: 0, end: 5 } })).rejects.toMatchObject(refusal);
    expect((await read(url, { range: { start: 0, end: 9 } })).content).toBe(CONTENT);
  });

  it.each(['bytes 4-6/10', 'bytes 3-6/10', 'bytes 3-5/x', 'octets 3-5/10', ''])(
    'refuses %j as an answer to bytes=3-5',
    async (range) => {
      const headers = { 'content-range': range, 'content-length': '3' };
      const url = source.handle('/x', (_request, response) => response.writeHead(206, headers).end('345'));
      await expect(read(url, { range: { start: 3, end: 5 } })).rejects.toMatchObject({
        kind: 'unavailable',
        backendCode: 'MalformedAnswer',
      });
    },
  );

  it.each([true, false])('reads only the object that was meant, If-Match known: %s', async (takesConditions) => {
    const url = serve({ takesConditions });
    expect((await read(url, { ifMatch: MD5 })).content).toBe(CONTENT);
    await expect(read(url, { ifMatch: 'other' })).rejects.toMatchObject({ kind: 'changed' });
  });

  it.each([
    [400, 'invalid', 'HTTP 400'],
    [401, 'denied', 'Unauthorized'],
    [403, 'denied', 'Forbidden'],
    [404, 'not-found', 'NotFound'],
    [408, 'timeout', 'RequestTimeout'],
    [410, 'not-found', 'Gone'],
    [429, 'throttled', 'TooManyRequests'],
    [500, 'unavailable', 'HTTP 500'],
    [503, 'throttled', 'HTTP 503'],
    [204, 'invalid', 'HTTP 204'],
    [304, 'invalid', 'HTTP 304'],
  ])('reports %s as %s', async (status, kind, backendCode) => {
    const url = `${source.refuse('/x', status, { 'retry-after': '7' })}?token=geheim`;
    const failure = { name: 'StoreError', kind, backendCode, httpStatus: status, retryAfterMs: 7000 };
    const error = await store.open(url, {}, signal).catch((reason: unknown) => reason);
    expect(error).toMatchObject(failure);
    await expect(store.head(url, signal)).rejects.toMatchObject(failure);
    expect(String(error)).not.toContain('geheim');
  });

  it.each([
    'ftp://host/a',
    'file:///etc/passwd',
    'data:,x',
    'host/a',
    '//host/a',
    'http://',
    'http://a b/',
    'http://[::1/',
    'http://%zz@h/',
  ])('refuses %j', async (url) => {
    await expect(store.head(url, signal)).rejects.toMatchObject({ kind: 'invalid', backendCode: 'InvalidUrl' });
    await expect(store.open(url, {}, signal)).rejects.toMatchObject({ kind: 'invalid', backendCode: 'InvalidUrl' });
  });

  it('sends a user name and password of the URL along, and encodes what is not encoded yet', async () => {
    const url = source.serve('/ä b', 'x').replace('//', '//user:p%40ss@');
    expect((await read(`${decodeURI(url)}?q=ü#part`)).content).toBe('x');
    expect(source.requests[0]).toMatchObject({ target: '/%C3%A4%20b?q=%C3%BC' });
    expect(source.requests[0]?.headers.authorization).toBe(`Basic ${Buffer.from('user:p@ss').toString('base64')}`);
  });
});
