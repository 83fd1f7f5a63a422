import { inspect } from 'node:util';
import {
  cdnSecrets,
  HttpSource,
  startCdnOfMemory,
  type CdnOfMemory,
} from '../../../../test/support/http-source/index.js';
import { bytesOf } from '../../../../test/contracts/object-store-support.js';
import { StoreError, type SourceStore } from '../../object-store.port.js';
import { HttpClient } from '../http-client.js';
import { CDN_AUTHENTICATIONS, type CdnAuthentication, type CdnSecrets } from './cdn.js';
import { withCdn } from './with-cdn.js';

const { signal } = new AbortController();
const SIGNED = CDN_AUTHENTICATIONS.filter((type) => type !== 'NONE');
const TIMED = SIGNED.filter((type) => type !== 'AZURE_SAS_TOKEN');

let client: HttpClient;
const sources: HttpSource[] = [];

beforeEach(() => {
  client = new HttpClient({
    allowPrivateNetworks: true,
    connectionsPerOrigin: 2,
    requestTimeoutMs: 1000,
    idleTimeoutMs: 1000,
  });
});
afterEach(async () => {
  await client.close();
  for (const source of sources.splice(0)) await source.close();
});

const start = async (type: CdnAuthentication): Promise<CdnOfMemory> => {
  const cdn = await startCdnOfMemory(type, { a: 'content' });
  sources.push(cdn.source);
  return cdn;
};
const failureOf = (store: SourceStore): Promise<unknown> =>
  store.head('a', signal).then(String, (error: unknown) => error);

describe('a bucket behind a CDN', () => {
  const wrong: Readonly<Record<string, CdnSecrets>> = {
    key: { authenticationKey: 'wrong' },
    credentials: { credentials: { accessKey: 'CDN/ACCESS+KEY', secretKey: 'wrong' } },
  };

  it.each(SIGNED)('with %s is closed to a wrong secret, and no error tells a secret', async (type) => {
    const { bucket, settings, secrets } = await start(type);
    const other = secrets.credentials === undefined ? wrong['key'] : wrong['credentials'];
    const error = await failureOf(withCdn(bucket, client, settings, other ?? {}));
    expect(error).toMatchObject({ name: 'StoreError', kind: 'denied' });
    expect(inspect(error, { depth: 9 })).not.toMatch(/wrong|ACCESS|sig=|sign=|auth_key|token=|[0-9a-f]{32}/);
  });

  it.each(TIMED)('with %s is closed to a signature of two hours ago', async (type) => {
    const { bucket, settings, secrets } = await start(type);
    const store = withCdn(bucket, client, settings, secrets, () => Date.now() - 7_200_000);
    expect(await failureOf(store)).toMatchObject({ kind: 'denied' });
  });

  it.each(TIMED)('with %s signs every request anew', async (type) => {
    const { bucket, source, settings, secrets } = await start(type);
    let atMs = Date.now() - 120_000;
    const store = withCdn(bucket, client, settings, secrets, () => (atMs += 60_000));
    await store.head('a', signal);
    await store.head('a', signal);
    expect(new Set(source.requests.map(({ target }) => target)).size).toBe(2);
  });

  it('reads from the domain and lists from the bucket', async () => {
    const { bucket, source, settings } = await start('NONE');
    source.serve('/a', { content: 'from the CDN', headers: { 'x-obs-meta-who': 'cdn', 'x-oss-storage-class': 'IA' } });
    const store = withCdn(bucket, client, settings, {});
    const { info, body } = await store.open('a', {}, signal);
    expect((await bytesOf(body)).toString()).toBe('from the CDN');
    expect(info).toMatchObject({ size: 12, metadata: { user: { who: 'cdn' } } });
    expect(info.storageClass).toBeUndefined();
    for await (const page of store.listPages('', undefined, signal))
      expect(page).toMatchObject([{ key: 'a', size: 7 }]);
    expect(source.requests).toHaveLength(1);
  });

  it('is no place for server-side copies', async () => {
    const { bucket, settings } = await start('NONE');
    const store = withCdn(bucket, client, settings, {});
    expect(store.endpointIdentity).not.toBe(bucket.endpointIdentity);
    expect(store.bucket).toBe(bucket.bucket);
    expect('put' in store).toBe(false);
  });

  it('may be below a path of the domain', async () => {
    const { bucket, source, settings } = await start('NONE');
    source.serve('/base/x/a b', 'deep');
    const store = withCdn(bucket, client, { ...settings, domain: `${settings.domain}/base/` }, {});
    expect(await store.head('x/a b', signal)).toMatchObject({ key: 'x/a b', size: 4 });
  });

  it('hands restores and tags to the bucket, and closes it', async () => {
    const { bucket, settings } = await start('NONE');
    const calls: string[] = [];
    const noting: SourceStore = {
      label: bucket.label,
      traits: bucket.traits,
      endpointIdentity: bucket.endpointIdentity,
      bucket: bucket.bucket,
      list: (...listing) => bucket.list(...listing),
      listPages: (...listing) => bucket.listPages(...listing),
      head: (...reading) => bucket.head(...reading),
      open: (...reading) => bucket.open(...reading),
      restore: (key, days) => Promise.resolve(void calls.push(`restore ${key} ${days}`)),
      getTags: (key) => Promise.resolve({ tags: key }),
      close: () => Promise.resolve(void calls.push('close')),
    };
    const store = withCdn(noting, client, settings, {});
    await store.restore?.('a', 3, signal);
    expect(await store.getTags?.('a', signal)).toEqual({ tags: 'a' });
    await store.close();
    expect(calls).toEqual(['restore a 3', 'close']);
  });

  it('tells an archived object from one that the CDN may not read', async () => {
    const { bucket, source, settings } = await start('NONE');
    await bucket.put('cold', Buffer.from('ice'), { size: 3, storageClass: 'ARCHIVE' }, signal);
    source.refuse('/cold', 403);
    source.refuse('/a', 403);
    const store = withCdn(bucket, client, settings, {});
    expect(await store.head('cold', signal)).toMatchObject({ size: 3, archive: 'archived' });
    await expect(store.open('cold', {}, signal)).rejects.toMatchObject({ kind: 'archived' });
    await expect(store.head('a', signal)).rejects.toMatchObject({ kind: 'denied' });
    await expect(store.open('a', {}, signal)).rejects.toMatchObject({ kind: 'denied' });
  });

  it('is behind the address guard, and its redirects are followed', async () => {
    const { bucket, source, settings } = await start('NONE');
    source.redirect('/moved', '/a');
    expect(await withCdn(bucket, client, settings, {}).head('moved', signal)).toMatchObject({ key: 'moved', size: 7 });
    const guarded = new HttpClient({
      allowPrivateNetworks: false,
      connectionsPerOrigin: 1,
      requestTimeoutMs: 1000,
      idleTimeoutMs: 1000,
    });
    expect(await failureOf(withCdn(bucket, guarded, settings, {}))).toMatchObject({ backendCode: 'AddressNotAllowed' });
    await guarded.close();
  });

  it.each(['', 'a b', 'user@host', 'host?x=1', 'host#x', 'host:port', 'http://host', 'a\\b', '[::1'])(
    'refuses the domain %j',
    async (domain) => {
      const { bucket, settings } = await start('NONE');
      expect(() => withCdn(bucket, client, { ...settings, domain }, {})).toThrow(StoreError);
    },
  );

  it('refuses an empty key, which would be the domain itself', async () => {
    const { bucket, settings } = await start('NONE');
    const store = withCdn(bucket, client, settings, cdnSecrets('NONE'));
    await expect(store.head('', signal)).rejects.toMatchObject({ kind: 'invalid' });
    await expect(store.open('', {}, signal)).rejects.toMatchObject({ kind: 'invalid' });
  });
});
