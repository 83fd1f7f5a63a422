import { compareKeys, type SourceStore } from '../../src/object-store/object-store.port.js';
import {
  bytesOf,
  closing,
  contentOf,
  failure,
  keysOf,
  listingOf,
  ODD_KEYS,
  pagesOf,
  promises,
  signal,
  type StoreCase,
} from './object-store-support.js';

const manyObjects = (count: number): Record<string, string> =>
  Object.fromEntries(Array.from({ length: count }, (_, at) => [`many/${(at * 7919) % count}-é.txt`, String(at)]));

const describeListing = (subject: StoreCase<SourceStore>) => {
  const { seed } = closing(subject);
  const promise = promises(subject);
  const { manyKeys = 10_001 } = subject;

  promise('lists an empty bucket as nothing', async () => expect(await keysOf(await seed())).toEqual([]));

  promise('tells size, time and ETag in a listing as head does', async () => {
    const before = Math.floor(Date.now() / 1000) * 1000 - 1000;
    const store = await seed({ a: '12345' });
    const [listed] = await listingOf(store);
    const { size, lastModifiedMs, etag } = await store.head('a', signal);
    expect(listed).toMatchObject({ key: 'a', size: 5 });
    expect(size).toBe(5);
    expect(listed?.etag).toBe(etag);
    expect(etag).not.toContain('"');
    expect(Math.floor(listed!.lastModifiedMs / 1000)).toBe(Math.floor(lastModifiedMs / 1000));
    expect(lastModifiedMs).toBeGreaterThanOrEqual(before);
    expect(lastModifiedMs).toBeLessThanOrEqual(Date.now() + 1000);
  });

  promise(`lists ${manyKeys} objects page by page, each once`, async () => {
    const objects = manyObjects(manyKeys);
    const keys = await keysOf(await seed(objects));
    const expected = Object.keys(objects).sort(compareKeys);
    if (!subject.traits.listsInKeyOrder) keys.sort(compareKeys);
    expect(keys).toEqual(expected);
  });

  promise('lists the same in pages, none of them empty or longer than 1,000', async () => {
    const store = await seed(manyObjects(Math.min(manyKeys, 2_500)));
    const pages = await pagesOf(store);
    expect(pages.flat()).toEqual(await listingOf(store));
    for (const { length } of pages) {
      expect(length).toBeGreaterThan(0);
      expect(length).toBeLessThanOrEqual(1_000);
    }
    expect(await pagesOf(store, 'nothing')).toEqual([]);
  });

  promise('lists only what begins with the prefix', async () => {
    const store = await seed({ 'a/1': '', 'a/2': '', 'a.txt': '', 'ab%/+': '', 'b/a/1': '', 'é/1': '' });
    expect((await keysOf(store, 'a/')).sort()).toEqual(['a/1', 'a/2']);
    expect(await keysOf(store, 'ab%/+')).toEqual(['ab%/+']);
    expect(await keysOf(store, 'é')).toEqual(['é/1']);
    expect(await keysOf(store, 'nothing')).toEqual([]);
  });

  promise('can be left in the middle of a listing', async () => {
    const store = await seed(manyObjects(30));
    for await (const { key } of store.list('many/', undefined, signal)) {
      expect(key).toMatch(/^many\//);
      break;
    }
    expect(await keysOf(store)).toHaveLength(30);
  });

  if (!subject.traits.listsInKeyOrder) return;
  const ordered = ['a.txt', 'a/b', 'a/b.c/d', 'a/b/d', 'a0', 'z', 'é', '～', '😀'];
  const objects = Object.fromEntries([...ordered].reverse().map((key) => [key, key]));
  if (subject.keysArePaths === true) delete objects['a/b'];
  const keys = ordered.filter((key) => key in objects);

  promise('lists in the order of UTF-8 bytes', async () => expect(await keysOf(await seed(objects))).toEqual(keys));

  promise('resumes after any key, present or not', async () => {
    const store = await seed(objects);
    for (const after of [...keys, 'a', 'a/', 'a/b/', 'b', 'é0', '\u{1f601}']) {
      const expected = keys.filter((key) => compareKeys(key, after) > 0);
      expect([after, await keysOf(store, '', after)]).toEqual([after, expected]);
    }
  });

  promise('resumes after the last key of any page', async () => {
    const store = await seed(manyObjects(Math.min(manyKeys, 2_500)));
    const pages = await pagesOf(store);
    for (const [at, page] of pages.entries()) {
      const rest = await pagesOf(store, 'many/', page.at(-1)!.key);
      expect(rest.flat()).toEqual(pages.slice(at + 1).flat());
    }
  });

  promise('resumes within a prefix', async () => {
    const store = await seed(objects);
    expect(await keysOf(store, 'a/', 'a/b.c/d')).toEqual(['a/b/d']);
    expect(await keysOf(store, 'a/', 'A')).toEqual(keys.filter((key) => key.startsWith('a/')));
    expect(await keysOf(store, 'a/', 'b')).toEqual([]);
  });
};

const describeReading = (subject: StoreCase<SourceStore>) => {
  const { seed } = closing(subject);
  const promise = promises(subject);

  promise('reads an object whole', async () => {
    const store = await seed({ a: 'content', empty: '' });
    const { info, body } = await store.open('a', {}, signal);
    body.destroy();
    expect(info).toMatchObject({ key: 'a', size: 7, etag: (await store.head('a', signal)).etag });
    expect(await contentOf(store, 'a')).toBe('content');
    expect(await contentOf(store, 'empty')).toBe('');
  });

  promise('reads ranges, and tells the size of the whole', async () => {
    const store = await seed({ a: '0123456789' });
    expect(await contentOf(store, 'a', { range: { start: 0, end: 0 } })).toBe('0');
    expect(await contentOf(store, 'a', { range: { start: 3, end: 6 } })).toBe('3456');
    expect(await contentOf(store, 'a', { range: { start: 8, end: 9 } })).toBe('89');
    const { info, body } = await store.open('a', { range: { start: 3, end: 6 } }, signal);
    body.destroy();
    expect(info.size).toBe(10);
  });

  promise('brings the content along at most where it was asked for, and gives the same body', async () => {
    const store = await seed({ a: '0123456789', empty: '' });
    const range = { start: 3, end: 6 };
    for (const [key, options, content] of [
      ['a', { collectUpTo: 10 }, '0123456789'],
      ['a', { collectUpTo: 9 }, '0123456789'],
      ['a', {}, '0123456789'],
      ['a', { range, collectUpTo: 4 }, '3456'],
      ['a', { range, collectUpTo: 3 }, '3456'],
      ['empty', { collectUpTo: 0 }, ''],
    ] as const) {
      const opened = await store.open(key, options, signal);
      expect(opened.info).toMatchObject({ key, size: key === 'a' ? 10 : 0 });
      // Whether it takes the hint is the store's choice, but only within the bound.
      const fits = 'collectUpTo' in options && content.length <= options.collectUpTo;
      expect(fits ? [undefined, content] : [undefined]).toContain(opened.content?.toString());
      expect(await bytesOf(opened.body)).toEqual(Buffer.from(content));
    }
  });

  promise('refuses a range that begins after the end', async () => {
    const store = await seed({ a: '0123456789' });
    await expect(store.open('a', { range: { start: 10, end: 12 } }, signal)).rejects.toEqual(failure('invalid'));
  });

  promise('reads only the object that was meant', async () => {
    const store = await seed({ a: 'content' });
    const { etag } = await store.head('a', signal);
    expect(await contentOf(store, 'a', { ifMatch: etag! })).toBe('content');
    for (const collected of [{}, { collectUpTo: 7 }]) {
      const other = { ifMatch: 'ffffffffffffffffffffffffffffffff', ...collected };
      await expect(store.open('a', other, signal)).rejects.toEqual(failure('changed'));
    }
  });

  promise('reports a missing key as not-found', async () => {
    const store = await seed({ a: '', 'b/c': '' });
    for (const key of ['nope', 'b', 'a/nope', 'b/nope']) {
      await expect(store.head(key, signal)).rejects.toEqual(failure('not-found'));
      await expect(store.open(key, {}, signal)).rejects.toEqual(failure('not-found'));
      await expect(store.open(key, { collectUpTo: 9 }, signal)).rejects.toEqual(failure('not-found'));
    }
  });

  promise('does nothing for a signal that has aborted', async () => {
    const store = await seed({ a: 'content' });
    const aborted = AbortSignal.abort(new Error('over'));
    await expect(store.head('a', aborted)).rejects.toThrow('over');
    await expect(store.open('a', {}, aborted)).rejects.toThrow('over');
    await expect(store.open('a', { collectUpTo: 7 }, aborted)).rejects.toThrow('over');
    await expect(store.list('', undefined, aborted)[Symbol.asyncIterator]().next()).rejects.toThrow('over');
    await expect(store.listPages('', undefined, aborted)[Symbol.asyncIterator]().next()).rejects.toThrow('over');
  });
};

/** Every backend, read-only ones too. */
export const describeSource = (subject: StoreCase<SourceStore>) =>
  describe('as a source', () => {
    const { seed, missingBucket } = closing(subject);
    const promise = promises(subject);
    const { refusedKeys = [], mistakenKeys = {} } = subject;

    promise('has the traits it claims', async () => expect((await seed()).traits).toEqual(subject.traits));

    promise('reports a missing bucket as no-such-bucket', async () => {
      const store = await missingBucket();
      await expect(keysOf(store)).rejects.toEqual(failure('no-such-bucket'));
      await expect(pagesOf(store)).rejects.toEqual(failure('no-such-bucket'));
      await expect(store.head('a', signal)).rejects.toEqual(failure('no-such-bucket'));
      await expect(store.open('a', {}, signal)).rejects.toEqual(failure('no-such-bucket'));
    });

    for (const key of ODD_KEYS.filter((each) => !refusedKeys.includes(each)))
      promise(
        `keeps the key ${JSON.stringify(key).slice(0, 40)} byte for byte`,
        async () => {
          const store = await seed({ [key]: 'odd' });
          expect(await keysOf(store)).toEqual([key]);
          expect((await store.head(key, signal)).size).toBe(3);
          expect(await contentOf(store, key)).toBe('odd');
        },
        mistakenKeys[key],
      );

    describe('listing', () => describeListing(subject));
    describe('reading', () => describeReading(subject));
  });
