import fc from 'fast-check';
import { faultyStore, StoreFaults } from '../../../test/support/faulty-store.js';
import { MIGRATION_LIMITS } from '../../../test/support/migration-world.js';
import { MemoryBuckets } from '../../object-store/memory/memory-buckets.js';
import { MemoryStore } from '../../object-store/memory/memory-store.js';
import { type PutOptions, type SourceStore, StoreError } from '../../object-store/object-store.port.js';
import { ListFilePages, type ListFilePagesOptions } from './list-file-pages.js';
import { type ListFiles, listFilesOf, listFilesUnder, oneListFile } from './list-files.js';
import type { PageSource, SourcePage } from './migration.js';
import { urlListPages } from './url-list-pages.js';

const never = new AbortController().signal;
const MIB = 1024 * 1024;
let buckets: MemoryBuckets;
let store: SourceStore;

beforeEach(() => {
  buckets = new MemoryBuckets(['lists']);
  store = new MemoryStore(buckets, 'lists');
});

const write = (key: string, text: string | Buffer, options: Partial<PutOptions> = { contentType: 'text/plain' }) =>
  buckets.write('lists', key, Buffer.from(text), options);
const options: ListFilePagesOptions = { pageObjects: 2, retry: MIGRATION_LIMITS };
const listPages = (files: ListFiles, from: SourceStore = store) => new ListFilePages(from, files, options);
const list = (key: string, from = store) => listPages(listFilesOf(from, key), from);

async function pagesOf(pages: PageSource, cursor?: string): Promise<readonly SourcePage[]> {
  const found: SourcePage[] = [];
  for await (const page of pages.pages(cursor, never)) found.push(page);
  return found;
}
const keysOf = async (pages: PageSource, cursor?: string): Promise<readonly (readonly string[])[]> =>
  (await pagesOf(pages, cursor)).map(({ entries }) => entries.map(({ key }) => key));

describe('an object list', () => {
  it('gives its names in pages, whatever its line ends', async () => {
    write('l.txt', '\ufeffa%20b\r\n\r\n\nc\nd/e\r\nf');
    expect(await keysOf(list('l.txt'))).toEqual([
      ['a b', 'c'],
      ['d/e', 'f'],
    ]);
  });

  it('gives a name that stands twice on a page once', async () => {
    write('l.txt', 'a\na\nb\nb\na\nc\na\n');
    expect(await keysOf(list('l.txt'))).toEqual([
      ['a', 'b'],
      ['c', 'a'],
    ]);
  });

  it('is one file, a piece of one, or all .txt files under a prefix', async () => {
    write('d/1.txt', 'a\nb\nc\n');
    write('d/2.csv', 'x\n');
    write('d/3.TXT', '');
    write('d/4.txt', 'd\n');
    const { etag } = write('e.txt', 'a\nb\nc\nd\n');
    expect(await keysOf(list('d/'))).toEqual([
      ['a', 'b'],
      ['c', 'd'],
    ]);
    expect(await keysOf(listPages(oneListFile({ key: 'e.txt', etag, start: 2, end: 6 })))).toEqual([['b', 'c']]);
    expect(await keysOf(listPages(listFilesUnder(store, 'd/', (key) => key.endsWith('1.txt'))))).toEqual([
      ['a', 'b'],
      ['c'],
    ]);
  });

  it('goes on after any page where it ended', async () => {
    const name = fc.constantFrom('a', 'b', 'c', 'é', 'a%20b', '');
    const text = fc
      .tuple(fc.array(name, { maxLength: 8 }), fc.constantFrom('\n', '\r\n'))
      .map(([names, end]) => names.join(end));
    await fc.assert(
      fc.asyncProperty(fc.array(text, { minLength: 1, maxLength: 4 }), async (texts) => {
        buckets.bucket('lists').objects.clear();
        for (const [at, each] of texts.entries()) write(`d/${at}.txt`, each);
        write('d/9.txt', 'last');
        const all = await pagesOf(list('d/'));
        for (const [at, { cursor }] of all.entries())
          expect(await pagesOf(list('d/'), cursor)).toEqual(all.slice(at + 1));
      }),
      { numRuns: 100 },
    );
  });

  it('of many pieces is read whole, and from anywhere', async () => {
    const names = Array.from({ length: 40_000 }, (_, at) => `${at}-${'é'.repeat(at % 50)}`);
    write('l.txt', names.join('\n'));
    const pages = await pagesOf(
      new ListFilePages(store, listFilesOf(store, 'l.txt'), { ...options, pageObjects: 1000 }),
    );
    expect(pages.flatMap(({ entries }) => entries.map(({ key }) => key))).toEqual(names);
    const [first] = await keysOf(list('l.txt'), pages.at(-2)?.cursor);
    expect(first).toEqual(names.slice(39_000, 39_002));
  });

  it('is read on though the store cuts it off or is busy', async () => {
    write('l.txt', 'a\nb\nc\n');
    const faults = new StoreFaults()
      .next('open', { kind: 'cut-body', afterBytes: 2, error: new StoreError('connection', 'Cut') })
      .next('open', { kind: 'fail', error: new StoreError('throttled', 'Slow down') });
    expect(await keysOf(list('l.txt', faultyStore(new MemoryStore(buckets, 'lists'), faults)))).toEqual([
      ['a', 'b'],
      ['c'],
    ]);
  });

  it('takes lines up to their bound', async () => {
    write('l.txt', `${'a'.repeat(65_535)}\nb`);
    expect((await keysOf(list('l.txt')))[0]?.[0]).toHaveLength(65_535);
  });
});

describe('a list file that cannot be used', () => {
  const problems: readonly (readonly [kind: string, write: () => void])[] = [
    ['missing', () => undefined],
    ['empty', () => write('l.txt', '\r\n\n')],
    ['too-large', () => write('l.txt', Buffer.alloc(100 * MIB + 1, '\n'))],
    ['line-too-long', () => write('l.txt', 'a\n' + 'a'.repeat(65_536))],
    ['line-too-long', () => write('l.txt', 'a'.repeat(2 * MIB))],
    ['wrong-type', () => write('l.txt', 'a', { contentType: 'application/octet-stream' })],
    [
      'encoded',
      () => write('l.txt', 'a', { contentType: 'text/plain; charset=utf-8', metadata: { contentEncoding: 'gzip' } }),
    ],
  ];

  it.each(problems)('is %s', async (kind, prepare) => {
    prepare();
    await expect(pagesOf(list('l.txt'))).rejects.toMatchObject({ name: 'ListFileError', kind, file: 'l.txt' });
  });

  it.each(['l', 'l.csv', 'ltxt', 'd/l.txt.gz'])('is no .txt file: %s', async (key) => {
    write(key, 'a');
    const keys = async () => keysOf(list(key));
    await expect(keys()).rejects.toMatchObject({ name: 'ListFileError', kind: 'wrong-name', file: key });
  });

  it('is missing where no file is under the prefix, and empty where all are', async () => {
    await expect(pagesOf(list('d/'))).rejects.toMatchObject({ kind: 'missing', file: 'd/' });
    write('d/1.txt', '\n');
    await expect(pagesOf(list('d/'))).rejects.toMatchObject({ kind: 'empty', file: 'd/' });
  });

  it('has changed since it was read, or while it is', async () => {
    const { etag } = write('l.txt', 'a\nb\nc\n');
    const [first] = await pagesOf(list('l.txt'));
    write('l.txt', 'a\nb\nd\n');
    const changed = { name: 'ListFileError', kind: 'changed', file: 'l.txt' };
    await expect(pagesOf(list('l.txt'), first?.cursor)).rejects.toMatchObject(changed);
    await expect(pagesOf(listPages(oneListFile({ key: 'l.txt', etag })))).rejects.toMatchObject(changed);
    const numbered = (letter: string) => Array.from({ length: MIB / 4 }, (_, at) => `${letter}${at}`).join('\n');
    write('l.txt', numbered('a'));
    const pages = list('l.txt').pages(undefined, never);
    await pages.next();
    write('l.txt', numbered('b'));
    const rest = async () => {
      while ((await pages.next()).done !== true);
    };
    await expect(rest()).rejects.toMatchObject(changed);
  });

  it.each(['denied', 'bad-credentials', 'unavailable'] as const)(
    'is unreadable when the store says %s',
    async (kind) => {
      write('l.txt', 'a');
      const error = new StoreError(kind, 'No');
      for (const operation of ['head', 'open'] as const) {
        const faulty = faultyStore(
          new MemoryStore(buckets, 'lists'),
          new StoreFaults().always(operation, { kind: 'fail', error }),
        );
        await expect(pagesOf(list('l.txt', faulty))).rejects.toMatchObject({ kind: 'unreadable', failure: { kind } });
      }
    },
  );

  it('is not read on when nobody waits for it any more', async () => {
    write('l.txt', 'a');
    const stop = new Error('Stop');
    const pages = list('l.txt').pages(undefined, AbortSignal.abort(stop));
    await expect(pages.next()).rejects.toBe(stop);
  });

  it('has no cursor of something else', async () => {
    await expect(pagesOf(list('l.txt'), '[1]')).rejects.toThrow('no cursor');
  });
});

describe('a URL list', () => {
  const urls = (key: string) => urlListPages(store, listFilesOf(store, key), options);

  it('gives URLs with their names, and bad lines as what cannot be tried', async () => {
    write('u.txt', 'http://host/a\nnonsense\nhttp://host/a\tb\n');
    const entries = (await pagesOf(urls('u.txt'))).flatMap((page) => page.entries);
    expect(entries).toMatchObject([
      { key: 'http://host/a', targetName: 'a' },
      { key: 'nonsense', problem: { code: 'BadUrl' } },
      { key: 'http://host/a', targetName: 'b' },
    ]);
  });

  it('of nothing but bad lines is refused as a whole, before any page', async () => {
    write('u.txt', 'a\nb\nc\nd\n');
    const pages = urls('u.txt').pages(undefined, never);
    await expect(pages.next()).rejects.toMatchObject({ name: 'ListFileError', kind: 'bad-url', file: 'u.txt' });
    write('one.txt', 'a\n');
    await expect(pagesOf(urls('one.txt'))).rejects.toMatchObject({ kind: 'bad-url' });
  });

  it('may begin with pages of bad lines', async () => {
    write('u.txt', 'a\nb\nc\nd\ne\nhttp://host/f\n');
    expect(await keysOf(urls('u.txt'))).toEqual([
      ['a', 'b'],
      ['c', 'd'],
      ['e', 'http://host/f'],
    ]);
  });

  it('may end with pages of bad lines where it goes on', async () => {
    write('u.txt', 'http://host/a\nb\nc\nd\n');
    const [first] = await pagesOf(urls('u.txt'));
    expect(await keysOf(urls('u.txt'), first?.cursor)).toEqual([['c', 'd']]);
  });
});
