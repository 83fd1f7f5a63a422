import { createHash } from 'node:crypto';
import { PassThrough } from 'node:stream';
import type { ObjectMetadata } from '../../src/object-store/object-store.port.js';
import {
  describeArchive,
  describeCopies,
  describeMultipart,
  describeUnknownSizes,
} from './object-store-abilities.contract.js';
import {
  breaking,
  closing,
  contentOf,
  failure,
  keysOf,
  ODD_KEYS,
  promises,
  signal,
  streamOf,
  stuck,
  type DestinationCase,
} from './object-store-support.js';

const md5 = (content: string): string => createHash('md5').update(content).digest('hex');

const describeWholeness = (subject: DestinationCase) => {
  const { seed } = closing(subject);
  const promise = promises(subject);

  promise('leaves nothing behind when the body breaks', async () => {
    const store = await seed();
    await expect(store.put('k', breaking('half'), { size: 9 }, signal)).rejects.toThrow();
    expect(await keysOf(store)).toEqual([]);
  });

  promise('leaves nothing behind when the body is too short or too long', async () => {
    const store = await seed();
    for (const body of [
      streamOf('1234'),
      streamOf('12345', '6'),
      streamOf('123456'),
      Buffer.from('1234'),
      Buffer.from('123456'),
    ])
      await expect(store.put('k', body, { size: 5 }, signal)).rejects.toThrow();
    expect(await keysOf(store)).toEqual([]);
  });

  promise('keeps the old object when a put fails', async () => {
    const store = await seed({ k: 'old' });
    const { etag } = await store.head('k', signal);
    await expect(store.put('k', breaking('half'), { size: 9 }, signal)).rejects.toThrow();
    await expect(store.put('k', streamOf('123'), { size: 9 }, signal)).rejects.toThrow();
    expect(await contentOf(store, 'k')).toBe('old');
    expect((await store.head('k', signal)).etag).toBe(etag);
  });

  promise('shows the old object until the new one is whole', async () => {
    const store = await seed({ k: 'old' });
    const body = new PassThrough();
    const put = store.put('k', body, { size: 8 }, signal);
    body.write('new ');
    expect(await contentOf(store, 'k')).toBe('old');
    body.end('text');
    await put;
    expect(await contentOf(store, 'k')).toBe('new text');
  });

  promise('destroys the stream of a put that fails', async () => {
    const store = await seed();
    const body = streamOf('123', '456', '789');
    await expect(store.put('k', body, { size: 4 }, signal)).rejects.toThrow();
    expect(body.destroyed).toBe(true);
  });

  promise('ends a stuck put promptly when its signal aborts, and leaves nothing', async () => {
    const store = await seed();
    const body = stuck();
    const stop = new AbortController();
    const put = store.put('k', body, { size: 100 }, stop.signal);
    setTimeout(() => stop.abort(new Error('stopped')), 30);
    await expect(put).rejects.toThrow();
    expect(body.destroyed).toBe(true);
    expect(await keysOf(store)).toEqual([]);
  });

  promise('refuses a body whose MD5 is not the one announced', async () => {
    const store = await seed();
    await expect(store.put('k', Buffer.from('abc'), { size: 3, md5: md5('xyz') }, signal)).rejects.toEqual(
      failure('checksum'),
    );
    expect(await keysOf(store)).toEqual([]);
    await store.put('k', Buffer.from('abc'), { size: 3, md5: md5('abc') }, signal);
    expect(await contentOf(store, 'k')).toBe('abc');
  });
};

const metadata: ObjectMetadata = {
  cacheControl: 'max-age=60, public',
  contentEncoding: 'gzip',
  contentDisposition: 'attachment; filename="a b.txt"',
  contentLanguage: 'de, en',
  expires: 'Wed, 21 Oct 2065 07:28:00 GMT',
  user: { plain: 'value', 'with-dash': 'a=b; c' },
};

const describeAttributes = (subject: DestinationCase) => {
  const { seed } = closing(subject);
  const promise = promises(subject);

  if (subject.traits.keepsMetadata) {
    promise('keeps the content type', async () => {
      const store = await seed();
      await store.put('k', Buffer.from('{}'), { size: 2, contentType: 'application/json; charset=utf-8' }, signal);
      expect((await store.head('k', signal)).contentType).toBe('application/json; charset=utf-8');
    });
    promise('keeps the metadata', async () => {
      const store = await seed();
      await store.put('k', Buffer.from('{}'), { size: 2, metadata }, signal);
      expect((await store.head('k', signal)).metadata).toEqual(metadata);
      const { info, body } = await store.open('k', {}, signal);
      body.destroy();
      expect(info.metadata).toEqual(metadata);
    });
    promise('keeps user metadata beyond ASCII', async () => {
      const store = await seed();
      const user = { greeting: 'Grüße, 世界 😀' };
      await store.put('k', Buffer.from('{}'), { size: 2, metadata: { user } }, signal);
      expect((await store.head('k', signal)).metadata.user).toEqual(user);
    });
  }
  if (subject.traits.checksum === 'md5')
    promise('vouches for the MD5 of an object put in one request', async () => {
      const store = await seed();
      await store.put('k', streamOf('con', 'tent'), { size: 7 }, signal);
      expect((await store.head('k', signal)).md5).toBe(md5('content'));
    });
  promise('tells tags, where it has them', async () => {
    const store = await seed();
    if (store.getTags === undefined) return;
    const tags = { project: 'open oms', 'a+b': 'c=d/é@x' };
    await store.put('k', Buffer.from('x'), { size: 1, tags }, signal);
    expect(await store.getTags('k', signal)).toEqual(tags);
    expect([undefined, 2]).toContain((await store.head('k', signal)).tagCount);
    await store.put('untagged', Buffer.from('x'), { size: 1 }, signal);
    expect(await store.getTags('untagged', signal)).toEqual({});
  });
  const { infrequentAccess } = subject;
  if (infrequentAccess !== undefined)
    promise('keeps the storage class', async () => {
      const store = await seed();
      await store.put('k', Buffer.from('x'), { size: 1, storageClass: 'IA' }, signal);
      expect((await store.head('k', signal)).storageClass).toBe(infrequentAccess);
    });
};

const describeKeys = (subject: DestinationCase) => {
  const { seed } = closing(subject);
  const promise = promises(subject);
  const { refusedKeys = [], mistakenKeys = {} } = subject;

  for (const key of ODD_KEYS.filter((each) => !refusedKeys.includes(each)))
    promise(
      `writes and deletes the key ${JSON.stringify(key).slice(0, 40)}`,
      async () => {
        const store = await seed({ other: '' });
        await store.put(key, streamOf('odd'), { size: 3 }, signal);
        expect((await keysOf(store)).filter((each) => each !== 'other')).toEqual([key]);
        expect(await contentOf(store, key)).toBe('odd');
        await store.delete(key, signal);
        expect(await keysOf(store)).toEqual(['other']);
      },
      mistakenKeys[key],
    );

  for (const key of [...refusedKeys, ''])
    promise(`refuses the key ${JSON.stringify(key).slice(0, 40)} as invalid`, async () => {
      const store = await seed();
      await expect(store.put(key, streamOf('odd'), { size: 3 }, signal)).rejects.toEqual(failure('invalid'));
      expect(await keysOf(store)).toEqual([]);
    });

  promise('has a key beside its extension', async () => {
    const store = await seed({ 'a/b': 'inner' });
    const put = store.put('a', Buffer.from('outer'), { size: 5 }, signal);
    if (subject.keysArePaths === true) await expect(put).rejects.toEqual(failure('invalid'));
    else expect(await put.then(() => contentOf(store, 'a'))).toBe('outer');
    expect(await contentOf(store, 'a/b')).toBe('inner');
  });
};

/** Every backend that can be written to. */
export const describeDestination = (subject: DestinationCase) =>
  describe('as a destination', () => {
    const { seed, missingBucket } = closing(subject);
    const promise = promises(subject);

    promise('puts buffers and streams, empty ones too', async () => {
      const store = await seed();
      await store.put('buffer', Buffer.from('abc'), { size: 3 }, signal);
      const { etag } = await store.put('stream', streamOf('ab', 'c'), { size: 3 }, signal);
      await store.put('empty', Buffer.alloc(0), { size: 0 }, signal);
      await store.put('empty-stream', streamOf(), { size: 0 }, signal);
      expect([undefined, (await store.head('stream', signal)).etag]).toContain(etag);
      expect(await contentOf(store, 'buffer')).toBe('abc');
      expect(await contentOf(store, 'stream')).toBe('abc');
      expect((await store.head('empty', signal)).size).toBe(0);
      expect((await store.head('empty-stream', signal)).size).toBe(0);
    });

    promise('puts a large stream unchanged', async () => {
      const store = await seed();
      const pieces = Array.from({ length: 48 }, (_, at) => Buffer.alloc(65_536 + at, at));
      const whole = Buffer.concat(pieces);
      await store.put('large', streamOf(...pieces), { size: whole.length }, signal);
      expect(md5(await contentOf(store, 'large'))).toBe(md5(whole.toString()));
    });

    promise('overwrites', async () => {
      const store = await seed({ k: 'old' });
      const before = await store.head('k', signal);
      await store.put('k', Buffer.from('newer'), { size: 5 }, signal);
      expect(await contentOf(store, 'k')).toBe('newer');
      expect((await store.head('k', signal)).etag).not.toBe(before.etag);
    });

    promise('deletes, also what is not there', async () => {
      const store = await seed({ 'a/b': 'x', 'a/c': 'y' });
      await store.delete('a/b', signal);
      await store.delete('a/b', signal);
      await store.delete('never/was', signal);
      expect(await keysOf(store)).toEqual(['a/c']);
      await expect(store.head('a/b', signal)).rejects.toEqual(failure('not-found'));
    });

    promise('refuses to write to a missing bucket', async () => {
      const store = await missingBucket();
      await expect(store.put('k', Buffer.from('x'), { size: 1 }, signal)).rejects.toEqual(failure('no-such-bucket'));
    });

    describe('keys', () => describeKeys(subject));
    describe('wholeness', () => describeWholeness(subject));
    describe('attributes', () => describeAttributes(subject));
    describe('unknown sizes', () => describeUnknownSizes(subject));
    describe('multipart', () => describeMultipart(subject));
    describe('server-side copies', () => describeCopies(subject));
    describe('archive', () => describeArchive(subject));
  });
