import { MIGRATION_LIMITS } from '../../../test/support/migration-world.js';
import { MemoryBuckets } from '../../object-store/memory/memory-buckets.js';
import { MemoryStore } from '../../object-store/memory/memory-store.js';
import type { ListedObject } from '../../object-store/object-store.port.js';
import { manifestLine } from './manifest.js';
import { ManifestPages } from './manifest-pages.js';
import type { SourcePage } from './migration.js';

const objects: readonly ListedObject[] = [
  { key: 'a\tb', size: 0, lastModifiedMs: 1000.5, etag: 'e', storageClass: 'STANDARD' },
  { key: 'a/世', size: 5 * 1024 ** 4, lastModifiedMs: 2000 },
  { key: 'b\n%', size: 1, lastModifiedMs: 3000, etag: '"x"' },
  { key: '\ufffd', size: 1, lastModifiedMs: 3000 },
  { key: '😀', size: 1, lastModifiedMs: 3000 },
];

const pagesOver = (text: string, ordered = true): ManifestPages => {
  const buckets = new MemoryBuckets(['to']);
  buckets.write('to', 'm', Buffer.from(text), { contentType: 'application/octet-stream' });
  return new ManifestPages(new MemoryStore(buckets, 'to'), 'm', { pageObjects: 2, ordered, retry: MIGRATION_LIMITS });
};

async function pagesOf(pages: ManifestPages, cursor?: string): Promise<readonly SourcePage[]> {
  const found: SourcePage[] = [];
  for await (const page of pages.pages(cursor, new AbortController().signal)) found.push(page);
  return found;
}

describe('a manifest', () => {
  const text = objects.map(manifestLine).join('');

  it('gives back what the listing said', async () => {
    const entries = (await pagesOf(pagesOver(text))).flatMap((page) => page.entries);
    expect(entries).toEqual(objects.map((listed) => ({ key: listed.key, listed })));
  });

  it('goes on after any page where it ended', async () => {
    const pages = pagesOver(text);
    const all = await pagesOf(pages);
    expect(all.map(({ entries }) => entries.length)).toEqual([2, 2, 1]);
    for (const [at, { cursor }] of all.entries()) expect(await pagesOf(pages, cursor)).toEqual(all.slice(at + 1));
  });

  it.each([
    ['a line of something else', 'a\tb\n'],
    ['keys that go backwards', [...objects].reverse().map(manifestLine).join('')],
  ])('is refused for %s', async (_, broken) => {
    await expect(pagesOf(pagesOver(broken))).rejects.toMatchObject({
      name: 'ListFileError',
      kind: 'unreadable',
      file: 'm',
      failure: { kind: 'invalid' },
    });
  });

  it('of a source that lists in no order is in none', async () => {
    const pages = pagesOver([...objects].reverse().map(manifestLine).join(''), false);
    expect((await pagesOf(pages)).flatMap((page) => page.entries)).toHaveLength(5);
    expect(pages.ordered).toBe(false);
  });

  it('refuses a cursor of something else', async () => {
    await expect(pagesOf(pagesOver(text), '[0,"a"]')).rejects.toThrow('no cursor');
  });
});
