import fc from 'fast-check';
import { withListing } from '../../../test/support/migration-world.js';
import { MemoryBuckets } from '../../object-store/memory/memory-buckets.js';
import { MemoryStore } from '../../object-store/memory/memory-store.js';
import { compareKeys, type ListedObject, type SourceStore, StoreError } from '../../object-store/object-store.port.js';
import type { SourcePage } from './migration.js';
import { ObjectPages, type ObjectPagesOptions } from './object-pages.js';
import { commonPrefix, savePrefixWithin, segmentsOf, selectionOf } from './object-selection.js';

const never = new AbortController().signal;

function sourceOf(keys: readonly string[], pageObjects = 1000): MemoryStore {
  const buckets = new MemoryBuckets(['from']);
  for (const key of keys) buckets.write('from', key, Buffer.from(key));
  return new MemoryStore(buckets, 'from', { pageObjects });
}

async function pagesOf(
  source: SourceStore,
  selection: { prefixes?: readonly string[]; names?: readonly string[] },
  options: Partial<ObjectPagesOptions> = {},
  cursor?: string,
): Promise<readonly SourcePage[]> {
  const { prefixes = [], names = [] } = selection;
  const found: SourcePage[] = [];
  const pages = new ObjectPages(source, { prefixes, names }, { pageObjects: 3, ...options });
  for await (const page of pages.pages(cursor, never)) found.push(page);
  return found;
}

const keysOf = (pages: readonly SourcePage[]): string[] =>
  pages.flatMap(({ entries }) => entries.map(({ key }) => key));

describe('what a task names', () => {
  it('is folders and names, or prefixes as they are', () => {
    expect(selectionOf('object', ['a', 'b/', ''])).toEqual({ prefixes: ['b/', ''], names: ['a'] });
    expect(selectionOf('prefix', ['a', 'b/'])).toEqual({ prefixes: ['a', 'b/'], names: [] });
  });

  it('is put in order, and what is covered is left out', () => {
    expect(segmentsOf(['b/', 'b/c/', 'a', 'b/'], ['b', 'z', 'ab', 'b/x', 'z', 'c'])).toEqual([
      { kind: 'prefix', prefix: 'a' },
      { kind: 'names', names: ['b'] },
      { kind: 'prefix', prefix: 'b/' },
      { kind: 'names', names: ['c', 'z'] },
    ]);
    expect(segmentsOf(['', 'a'], ['b'])).toEqual([{ kind: 'prefix', prefix: '' }]);
  });

  it.each([
    [['a/b', 'a/c'], [], 'a/'],
    [['a/b'], ['a'], 'a'],
    [['a'], ['b'], ''],
    [['😀', '😁'], [], ''],
    [[], [], ''],
  ])('shares with prefixes %j and names %j the prefix %j', (prefixes, names, expected) =>
    expect(commonPrefix(segmentsOf(prefixes, names))).toBe(expected),
  );
});

describe('pages of a bucket', () => {
  it('hold everything under the prefixes and the names, once and in order', async () => {
    const source = sourceOf(['a/1', 'a/2', 'b', 'c/1', 'c/2', 'd'], 2);
    const pages = await pagesOf(source, { prefixes: ['c/', 'a/'], names: ['d', 'b', 'a/1', 'x'] });
    expect(keysOf(pages)).toEqual(['a/1', 'a/2', 'b', 'c/1', 'c/2', 'd', 'x']);
    expect(pages.map(({ entries }) => entries.length)).toEqual([3, 3, 1]);
    expect(pages[0]?.entries.map(({ listed }) => listed?.size)).toEqual([3, 3, undefined]);
  });

  const unit = fc.constantFrom('a', 'b', '/', '\ufffd', '😀');
  const key = fc.array(unit, { minLength: 1, maxLength: 3 }).map((units) => units.join(''));
  const some = fc.uniqueArray(key, { maxLength: 12 });

  it('go on after any page where it ended', async () => {
    await fc.assert(
      fc.asyncProperty(some, some, some, fc.integer({ min: 1, max: 4 }), async (keys, prefixes, names, size) => {
        const source = sourceOf(keys, size);
        const all = await pagesOf(source, { prefixes, names }, { pageObjects: 2 });
        expect(new Set(keysOf(all)).size).toBe(keysOf(all).length);
        expect([...keysOf(all)].sort(compareKeys)).toEqual(keysOf(all));
        for (const [at, { cursor }] of all.entries())
          expect(await pagesOf(source, { prefixes, names }, { pageObjects: 2 }, cursor)).toEqual(all.slice(at + 1));
      }),
      { numRuns: 100 },
    );
  });

  it('leave out the own lists and the own copies within one bucket, and only there', async () => {
    const keys = ['oms/other', 'oms/task/1/x', 'oms/task_group/1', 'oms/sync_task/1', 'p/1', 'saved/p/1', 'saved/x'];
    const source = sourceOf(keys);
    const elsewhere = sourceOf([]);
    expect(savePrefixWithin(source, elsewhere, 'saved/')).toBeUndefined();
    expect(savePrefixWithin(source, source, 'saved/')).toBe('saved/');
    expect(keysOf(await pagesOf(source, { prefixes: [''] }))).toEqual([...keys].sort());
    const within = (savePrefix: string, prefix: string) =>
      pagesOf(source, { prefixes: [prefix] }, { savePrefixWithin: savePrefix }).then(keysOf);
    expect(await within('', '')).toEqual(['oms/other', 'p/1', 'saved/p/1', 'saved/x']);
    expect(await within('saved/', '')).toEqual(['oms/other', 'p/1']);
    expect(await within('saved/', 'p/')).toEqual(['p/1']);
    expect(await within('saved/', 'saved/')).toEqual(['saved/p/1', 'saved/x']);
    expect(await within('', 'oms/task/1/')).toEqual([]);
  });

  const listed = (name: string): ListedObject => ({ key: name, size: 1, lastModifiedMs: 0 });
  const broken: Record<string, readonly (readonly string[])[]> = {
    'keys that go backwards': [['b', 'a']],
    'a page that is there already': [['a'], ['a']],
    'keys outside the prefix': [['a', 'x/b']],
    'pages without an end and without keys': [['a'], [], []],
  };
  it.each(Object.entries(broken))('are refused for %s', async (what, pages) => {
    const source = withListing(sourceOf([]), async function* () {
      for (const page of pages) yield await Promise.resolve(page.map(listed));
    });
    const prefixes = [what.includes('outside') ? 'a' : ''];
    await expect(pagesOf(source, { prefixes })).rejects.toMatchObject({
      name: 'SideError',
      side: 'source',
      failure: { backendCode: 'BrokenListing' },
    });
  });

  it('name the source when it fails', async () => {
    const source = withListing(sourceOf([]), () => {
      throw new StoreError('no-such-bucket', 'Gone');
    });
    await expect(pagesOf(source, { prefixes: [''] })).rejects.toMatchObject({
      side: 'source',
      failure: { kind: 'no-such-bucket' },
    });
  });

  it('refuse a cursor of something else', async () => {
    await expect(pagesOf(sourceOf([]), { prefixes: [''] }, {}, '{"a":1}')).rejects.toThrow('no cursor');
  });
});
