import fc from 'fast-check';
import { withListing } from '../../../test/support/migration-world.js';
import { MemoryBuckets } from '../../object-store/memory/memory-buckets.js';
import { MemoryStore } from '../../object-store/memory/memory-store.js';
import {
  compareKeys,
  type DestinationStore,
  type ListedObject,
  StoreError,
} from '../../object-store/object-store.port.js';
import { type Beside, BesideListing } from './beside-listing.js';
import type { SourceEntry } from './migration.js';

const never = new AbortController().signal;
const listed = (key: string): ListedObject => ({ key, size: 1, lastModifiedMs: 0 });
const entry = (key: string): SourceEntry => ({ key, listed: listed(key) });
const range = (from: number, to: number): string[] =>
  Array.from({ length: to - from }, (_, at) => `k${String(from + at).padStart(6, '0')}`);

/** A destination with these keys, in pages of `pageObjects`, and what it was asked to list. */
function destinationOf(keys: readonly string[], pageObjects = 2) {
  const buckets = new MemoryBuckets(['to']);
  for (const key of keys) buckets.write('to', key, Buffer.from(key));
  const store = new MemoryStore(buckets, 'to', { pageObjects });
  const asked: (string | undefined)[] = [];
  let pages = 0;
  const destination = withListing(store, async function* (prefix, after, signal) {
    asked.push(after);
    for await (const page of store.listPages(prefix, after, signal)) {
      pages++;
      yield page;
    }
  });
  return { destination, asked, pages: () => pages };
}

const beside = (destination: DestinationStore, savePrefix = '', prefix = ''): BesideListing =>
  new BesideListing(destination, savePrefix, prefix, never);
const shown = (found: readonly Beside[]): string[] => found.map((each) => (typeof each === 'string' ? each : each.key));

describe('a destination that is listed beside the source', () => {
  it('tells of each key what is there', async () => {
    const { destination } = destinationOf(['a', 'c', 'd', 'f']);
    expect(shown(await beside(destination).find(['a', 'b', 'c', 'e', 'f', 'g'].map(entry)))).toEqual([
      'a',
      'absent',
      'c',
      'absent',
      'f',
      'absent',
    ]);
  });

  const unit = fc.constantFrom('a', 'b', '/', '\ufffd', '😀', 'é');
  const key = fc.array(unit, { minLength: 1, maxLength: 4 }).map((units) => units.join(''));

  it('is right for any keys, pages and prefixes', async () => {
    const keys = fc.uniqueArray(key, { maxLength: 30 });
    await fc.assert(
      fc.asyncProperty(
        keys,
        keys,
        fc.constantFrom('', 'p/', '😀'),
        fc.integer({ min: 1, max: 4 }),
        async (here, there, savePrefix, size) => {
          const { destination } = destinationOf([...there.map((each) => savePrefix + each), 'a', 'zz'], size);
          const listing = beside(destination, savePrefix);
          const source = [...here].sort(compareKeys);
          const has = new Set([...there.map((each) => savePrefix + each), 'a', 'zz']);
          for (let at = 0; at < source.length; at += 5) {
            const batch = source.slice(at, at + 5);
            const found = shown(await listing.find(batch.map(entry)));
            for (const [index, each] of batch.entries())
              if (found[index] !== 'unknown')
                expect(found[index]).toBe(has.has(savePrefix + each) ? savePrefix + each : 'absent');
          }
        },
      ),
      { numRuns: 200 },
    );
  });

  it('reads a destination that is alike in one go, each page once', async () => {
    const { destination, asked, pages } = destinationOf(range(0, 1000), 100);
    const listing = beside(destination);
    for (let at = 0; at < 1000; at += 100) await listing.find(range(at, at + 100).map(entry));
    expect([asked.length, pages()]).toEqual([1, 10]);
  });

  it('begins with the first key, not with the bucket', async () => {
    const { destination, pages } = destinationOf([...range(0, 5000), 'x1', 'x2'], 10);
    expect(shown(await beside(destination).find([entry('x2')]))).toEqual(['x2']);
    expect(pages()).toBe(1);
  });

  it('jumps over what nobody asked for', async () => {
    const { destination, asked, pages } = destinationOf([...range(0, 5000), 'x1', 'x2'], 10);
    const listing = beside(destination);
    await listing.find(range(0, 5).map(entry));
    expect(shown(await listing.find(['x1', 'x2'].map(entry)))).toEqual(['x1', 'x2']);
    expect(asked).toEqual(['k00000/', 'x0']);
    expect(pages()).toBe(3);
  });

  it('gives up where the keys are too far between, and goes on with the next page of entries', async () => {
    const { destination, pages } = destinationOf(range(0, 30_000), 10);
    const listing = beside(destination);
    const apart = range(0, 30_000)
      .filter((_, at) => at % 100 === 0)
      .map(entry);
    const found = await listing.find(apart.slice(0, 100));
    expect(found.filter((each) => typeof each === 'object').length).toBeGreaterThan(1);
    expect(found.at(-1)).toBe('unknown');
    expect(pages()).toBeLessThanOrEqual(6);
    expect(shown(await listing.find(range(25_000, 25_010).map(entry)))).toEqual(range(25_000, 25_010));
  });

  it('does not go back and forth where many keys lie close before the one asked for', async () => {
    const { destination, asked } = destinationOf([...range(0, 60).map((key) => `a${key}`), 'b'], 10);
    expect(shown(await beside(destination).find([entry('b')]))).toEqual(['unknown']);
    expect(asked).toEqual(['a']);
  });

  it('passes over entries of which only the name is known', async () => {
    const { destination } = destinationOf(['a', 'b']);
    expect(shown(await beside(destination).find([entry('a'), { key: 'aa' }, entry('b')]))).toEqual([
      'a',
      'unknown',
      'b',
    ]);
  });

  it('lists only what is under the prefix of the source', async () => {
    const prefixes: string[] = [];
    const { destination } = destinationOf(['s/p/a']);
    const spied = withListing(destination, (prefix, after, signal) => {
      prefixes.push(prefix);
      return destination.listPages(prefix, after, signal);
    });
    expect(shown(await beside(spied, 's/', 'p/').find([entry('p/'), entry('p/a')]))).toEqual(['absent', 's/p/a']);
    expect(prefixes).toEqual(['s/p/']);
  });

  it('refuses a listing that goes backwards', async () => {
    const broken = withListing(destinationOf([]).destination, async function* () {
      yield await Promise.resolve([listed('b'), listed('a')]);
    });
    await expect(beside(broken).find([entry('b')])).rejects.toMatchObject({
      side: 'destination',
      failure: { backendCode: 'BrokenListing' },
    });
  });

  it('names the destination when its listing fails', async () => {
    const refused = withListing(destinationOf([]).destination, () => {
      throw new StoreError('denied', 'No');
    });
    await expect(beside(refused).find([entry('b')])).rejects.toMatchObject({
      side: 'destination',
      failure: { kind: 'denied' },
    });
  });
});
