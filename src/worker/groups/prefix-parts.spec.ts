import fc from 'fast-check';
import { MemoryBuckets } from '../../object-store/memory/memory-buckets.js';
import { MemoryStore } from '../../object-store/memory/memory-store.js';
import type { ListedObject } from '../../object-store/object-store.port.js';
import { parseManifestLine } from '../../transfer/migration/manifest.js';
import { disjointPrefixes, prefixParts, type PartBounds } from './prefix-parts.js';

const { signal } = new AbortController();
const unbounded: PartBounds = { objects: 1000, bytes: Infinity, manifestBytes: 1_000_000 };

function storeOf(objects: Readonly<Record<string, number>>): MemoryStore {
  const buckets = new MemoryBuckets(['b']);
  for (const [key, size] of Object.entries(objects)) buckets.write('b', key, Buffer.alloc(size));
  return new MemoryStore(buckets, 'b');
}

interface Cut {
  readonly prefixes?: readonly string[];
  readonly after?: string;
  readonly bounds?: Partial<PartBounds>;
  readonly isWanted?: (key: string) => boolean;
}

/** The keys of every part; says so when a part's own figures are not those of its manifest. */
async function keysOfParts(store: MemoryStore, { prefixes = [''], after, bounds, isWanted = () => true }: Cut = {}) {
  const parts: string[][] = [];
  const limits = { ...unbounded, ...bounds };
  for await (const { manifest, objects, bytes, lastKey } of prefixParts(
    store,
    prefixes,
    after,
    limits,
    isWanted,
    signal,
  )) {
    const listed = manifest
      .toString()
      .split('\n')
      .slice(0, -1)
      .map((line) => parseManifestLine(line));
    const size = listed.reduce((sum, object) => sum + (object?.size ?? 0), 0);
    expect([objects, bytes, lastKey]).toEqual([listed.length, size, listed.at(-1)?.key]);
    parts.push(listed.map((object) => object?.key ?? '?'));
  }
  return parts;
}

describe('prefixes', () => {
  it.each([
    [
      ['a/', 'a/b/', 'c'],
      ['a/', 'c'],
    ],
    [
      ['b', 'a', 'b'],
      ['a', 'b'],
    ],
    [['x', ''], ['']],
    [
      ['ab', 'aa', 'a!'],
      ['a!', 'aa', 'ab'],
    ],
    [
      ['\uFFFDz', '\u{1F600}'],
      ['\uFFFDz', '\u{1F600}'],
    ],
  ])('%j name what %j names, each object once', (given, expected) => expect(disjointPrefixes(given)).toEqual(expected));
});

describe('the parts of a listing', () => {
  it('are cut behind so many objects', async () =>
    expect(await keysOfParts(storeOf({ a: 1, b: 1, c: 1, d: 1, e: 1 }), { bounds: { objects: 2 } })).toEqual([
      ['a', 'b'],
      ['c', 'd'],
      ['e'],
    ]));

  it('are cut behind the object that brings them to so many bytes', async () =>
    expect(await keysOfParts(storeOf({ a: 6, b: 4, c: 25, d: 1, e: 1 }), { bounds: { bytes: 10 } })).toEqual([
      ['a', 'b'],
      ['c'],
      ['d', 'e'],
    ]));

  it('are cut before a manifest grows beyond its bound', async () => {
    const long = (letter: string) => letter + '€'.repeat(300);
    const store = storeOf({ [long('a')]: 1, [long('b')]: 1, [long('c')]: 1 });
    const parts = await keysOfParts(store, { bounds: { manifestBytes: 65_535 + 4000 } });
    expect(parts.map(({ length }) => length)).toEqual([2, 1]);
  });

  it('keep what the listing said of every object', async () => {
    const buckets = new MemoryBuckets(['b']);
    const keys = ['a b\tc\n%', '世界/😀', 'plain'];
    const listed = keys.map((key): ListedObject => {
      const { etag, lastModifiedMs, storageClass } = buckets.write('b', key, Buffer.from(key), { storageClass: 'IA' });
      return { key, size: Buffer.byteLength(key), etag, lastModifiedMs, storageClass };
    });
    const found: unknown[] = [];
    for await (const { manifest } of prefixParts(
      new MemoryStore(buckets, 'b'),
      [''],
      undefined,
      unbounded,
      () => true,
      signal,
    ))
      found.push(...manifest.toString().trimEnd().split('\n').map(parseManifestLine));
    expect(found).toHaveLength(3);
    expect(found).toEqual(expect.arrayContaining(listed));
  });

  it('hold nothing of an empty source', async () => expect(await keysOfParts(storeOf({}))).toEqual([]));

  it('leave out what is not wanted', async () =>
    expect(await keysOfParts(storeOf({ a: 1, b: 1 }), { isWanted: (key) => key !== 'a' })).toEqual([['b']]));

  it('have each object once, wherever they are cut and whatever the prefixes', async () => {
    const key = fc.string({ unit: fc.constantFrom('a', 'b', '/', '€', '😀'), minLength: 1, maxLength: 5 });
    const world = fc.record({
      keys: fc.uniqueArray(key, { maxLength: 30 }),
      prefixes: fc.array(fc.string({ unit: fc.constantFrom('a', 'b', '/', '€'), maxLength: 2 }), {
        minLength: 1,
        maxLength: 4,
      }),
      objects: fc.integer({ min: 1, max: 5 }),
    });
    await fc.assert(
      fc.asyncProperty(world, async ({ keys, prefixes, objects }) => {
        const store = storeOf(Object.fromEntries(keys.map((name) => [name, 1])));
        const wanted = keys.filter((name) => prefixes.some((prefix) => name.startsWith(prefix)));
        const parts = await keysOfParts(store, { prefixes, bounds: { objects } });
        expect(parts.flat().sort()).toEqual(wanted.sort());
        // Begun again behind any part, the parts that follow are the same.
        for (const [index, part] of parts.entries()) {
          const after = part.at(-1);
          const rest = await keysOfParts(store, {
            prefixes,
            bounds: { objects },
            ...(after !== undefined && { after }),
          });
          expect(rest).toEqual(parts.slice(index + 1));
        }
      }),
      { numRuns: 60 },
    );
  });
});

describe('a source that cannot be cut', () => {
  it('lists in no order', async () => {
    const store = storeOf({ a: 1 });
    const unordered = Object.assign(Object.create(store) as MemoryStore, {
      traits: { ...store.traits, listsInKeyOrder: false },
    });
    await expect(keysOfParts(unordered)).rejects.toMatchObject({
      side: 'source',
      failure: { backendCode: 'ListingOutOfOrder' },
    });
  });

  it('lists the same page for ever', async () => {
    const page: readonly ListedObject[] = [{ key: 'a', size: 1, lastModifiedMs: 0 }];
    const endless = Object.assign(Object.create(storeOf({})) as MemoryStore, {
      async *listPages() {
        for (;;) yield await Promise.resolve(page);
      },
    });
    await expect(keysOfParts(endless)).rejects.toMatchObject({ failure: { backendCode: 'ListingOutOfOrder' } });
  });
});
