import { ScriptedTransport } from '../../../test/support/scripted-transport.js';
import type { ListedObject } from '../object-store.port.js';
import { GENERIC_S3 } from './dialects.js';
import { S3Store } from './store.js';

const { signal } = new AbortController();

const page = (keys: readonly string[], token: string | undefined): string =>
  `<ListBucketResult>${token === undefined ? '' : `<NextContinuationToken>${token}</NextContinuationToken>`}` +
  `<IsTruncated>${token !== undefined}</IsTruncated>` +
  keys
    .map(
      (key) =>
        `<Contents><Key>${key}</Key><LastModified>2026-01-02T03:04:05.678Z</LastModified><Size>1</Size></Contents>`,
    )
    .join('') +
  '</ListBucketResult>';

const storeOver = (transport: ScriptedTransport): S3Store =>
  new S3Store({
    bucket: 'bucket',
    endpoint: 'http://127.0.0.1:9000',
    addressing: 'path',
    signingRegion: 'local',
    credentials: { accessKey: 'KEY', secretKey: 'secret' },
    quirks: GENERIC_S3.quirks,
    connect: () => ({ transport, release: () => transport.close() }),
  });

/** Pages of a server that gives `pages` in turn. */
async function listed(...pages: readonly (readonly string[])[]): Promise<string[][]> {
  const transport = new ScriptedTransport((_, count) => ({
    body: page(pages[count - 1] ?? [], count < pages.length ? `token-${count}` : undefined),
  }));
  const seen: (readonly ListedObject[])[] = [];
  for await (const each of storeOver(transport).listPages('', undefined, signal)) seen.push(each);
  return seen.map((objects) => objects.map(({ key }) => key));
}

const emptyPages = (count: number): string[][] => Array.from({ length: count }, () => []);
const broken = expect.objectContaining({ name: 'StoreError', backendCode: 'BrokenListing' }) as unknown;

describe('the pages of an S3 listing', () => {
  it('are those of the server, the empty ones left out', async () => {
    expect(await listed([], ['a', 'b'], [], [], ['c'], [])).toEqual([['a', 'b'], ['c']]);
  });

  it('may be empty a hundred times in a row, and no more', async () => {
    expect(await listed(['a'], ...emptyPages(100), ['b'])).toEqual([['a'], ['b']]);
    await expect(listed(['a'], ...emptyPages(101), ['b'])).rejects.toEqual(broken);
  });

  it.each([
    ['backwards', [['a'], ['c', 'b']]],
    ['with a key twice', [['a', 'a']]],
    [
      'that begin again',
      [
        ['a', 'b'],
        ['b', 'c'],
      ],
    ],
  ])('are refused %s', async (_, pages) => {
    await expect(listed(...pages)).rejects.toEqual(broken);
  });

  it('are refused with keys outside their prefix', async () => {
    const transport = new ScriptedTransport(() => ({ body: page(['a/1', 'b/1'], undefined) }));
    const pages = storeOver(transport).listPages('a/', undefined, signal);
    await expect(pages[Symbol.asyncIterator]().next()).rejects.toEqual(broken);
  });

  it('are asked for only as they are pulled', async () => {
    const transport = new ScriptedTransport((_, count) => ({ body: page([`k${count}`], `token-${count}`) }));
    for await (const each of storeOver(transport).listPages('', undefined, signal)) {
      expect(each).toHaveLength(1);
      break;
    }
    expect(transport.requests).toHaveLength(1);
  });
});
