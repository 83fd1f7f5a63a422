import { MemoryBuckets } from '../../object-store/memory/memory-buckets.js';
import { MemoryStore } from '../../object-store/memory/memory-store.js';
import type { PutOptions } from '../../object-store/object-store.port.js';
import { listRanges, type ListCursor, type ListRange } from './list-ranges.js';

const { signal } = new AbortController();
const options = (lines: number) => ({ lines, reading: { retry: { attempts: 1, baseDelayMs: 1, maxDelayMs: 1 } } });

const bucketsOf = (files: Readonly<Record<string, string>>): MemoryBuckets => {
  const buckets = new MemoryBuckets(['lists']);
  for (const [key, content] of Object.entries(files)) buckets.write('lists', key, Buffer.from(content));
  return buckets;
};

async function rangesOf(buckets: MemoryBuckets, key: string, lines: number, cursor?: ListCursor): Promise<ListRange[]> {
  const ranges: ListRange[] = [];
  for await (const range of listRanges(new MemoryStore(buckets, 'lists'), key, cursor, options(lines), signal))
    ranges.push(range);
  return ranges;
}

/** The lines of a range, as whoever migrates it reads them. */
const textOf = (buckets: MemoryBuckets, { key, start, end }: ListRange): string =>
  buckets.bucket('lists').objects.get(key)?.content.subarray(start, end).toString() ?? '';

describe('the ranges of list files', () => {
  it('have so many lines at most, and each line whole', async () => {
    const buckets = bucketsOf({ 'l.txt': 'a\nbb\nccc\n\nd\ne' });
    const ranges = await rangesOf(buckets, 'l.txt', 2);
    expect(ranges.map((range) => textOf(buckets, range))).toEqual(['a\nbb\n', 'ccc\n\nd\n', 'e']);
    expect(ranges.map(({ objects }) => objects)).toEqual([2, 2, 1]);
  });

  it('name the version of the file', async () => {
    const buckets = bucketsOf({ 'l.txt': 'a' });
    const etag = buckets.bucket('lists').objects.get('l.txt')?.etag;
    expect(await rangesOf(buckets, 'l.txt', 9)).toEqual([
      { kind: 'list-range', key: 'l.txt', etag, start: 0, end: 1, objects: 1 },
    ]);
  });

  it('go through all text files of a folder, and never from one into the next', async () => {
    const buckets = bucketsOf({ 'd/1.txt': 'a\nb\n', 'd/2.txt': 'c\n', 'd/3.csv': 'x\n', 'e.txt': 'x\n' });
    const ranges = await rangesOf(buckets, 'd/', 5);
    expect(ranges.map(({ key, objects }) => [key, objects])).toEqual([
      ['d/1.txt', 2],
      ['d/2.txt', 1],
    ]);
  });

  it('are the same ones again from behind any of them', async () => {
    const line = (index: number) => `${'€'.repeat(index % 7)}${index}\n`;
    const text = (from: number, to: number) => Array.from({ length: to - from }, (_, at) => line(from + at)).join('');
    const buckets = bucketsOf({ 'd/1.txt': text(0, 50), 'd/2.txt': text(50, 60), 'd/3.txt': text(60, 61) });
    const all = await rangesOf(buckets, 'd/', 7);
    expect(all.map((range) => textOf(buckets, range)).join('')).toBe(text(0, 61));
    for (const [index, { key, etag, end: offset }] of all.entries())
      expect(await rangesOf(buckets, 'd/', 7, { key, etag, offset })).toEqual(all.slice(index + 1));
  });

  it('of an empty file are none', async () =>
    expect(await rangesOf(bucketsOf({ 'l.txt': '' }), 'l.txt', 5)).toEqual([]));
});

describe('list files that cannot be used', () => {
  it.each([['none.txt'], ['none/']])('%s is not there', async (key) =>
    expect(rangesOf(bucketsOf({ 'd/1.csv': 'x' }), key, 5)).rejects.toMatchObject({ kind: 'missing' }),
  );

  it.each<[string, Partial<PutOptions>]>([
    ['wrong-type', { contentType: 'application/json' }],
    ['encoded', { contentType: 'text/plain', metadata: { contentEncoding: 'gzip' } }],
  ])('are %s', async (kind, how) => {
    const buckets = new MemoryBuckets(['lists']);
    buckets.write('lists', 'l.txt', Buffer.from('a\n'), how);
    await expect(rangesOf(buckets, 'l.txt', 5)).rejects.toMatchObject({ kind, file: 'l.txt' });
  });

  it('are another version than before', async () => {
    const buckets = bucketsOf({ 'l.txt': 'a\nb\n' });
    await expect(rangesOf(buckets, 'l.txt', 1, { key: 'l.txt', etag: 'other', offset: 2 })).rejects.toMatchObject({
      ...{ name: 'ListFileError', kind: 'changed', file: 'l.txt' },
    });
  });
});
