import { comesBefore } from '../../kernel/key-order.js';
import { PAGE_OBJECTS } from '../listing-pages.js';
import { StoreError, type ListedObject } from '../object-store.port.js';
import type { S3Client } from './client.js';
import type { S3Quirks } from './dialects.js';
import { readListPage, type ListPage } from './list-reader.js';
import type { HeaderPair } from './sigv4.js';
import { canonicalQuery } from './uri.js';

const PAGE_KEYS = String(PAGE_OBJECTS);
/** Some services filter what they have found, and some pages end up empty; but not that many in a row. */
const MAX_EMPTY_PAGES = 100;

/** Where the next page starts: a token of version 2, or a key of version 1 and of the first page. */
interface Cursor {
  readonly token?: string | undefined;
  readonly after?: string | undefined;
}

function listQuery(prefix: string, cursor: Cursor, quirks: S3Quirks): string {
  const pairs: [string, string][] = [];
  if (cursor.token !== undefined) pairs.push(['continuation-token', cursor.token]);
  if (quirks.encodesListings) pairs.push(['encoding-type', 'url']);
  if (quirks.listVersion === 2) pairs.push(['list-type', '2']);
  else if (cursor.after !== undefined) pairs.push(['marker', cursor.after]);
  pairs.push(['max-keys', PAGE_KEYS]);
  if (prefix !== '') pairs.push(['prefix', prefix]);
  if (quirks.listVersion === 2 && cursor.token === undefined && cursor.after !== undefined)
    pairs.push(['start-after', cursor.after]);
  return canonicalQuery(pairs);
}

const stuck = (what: string): StoreError =>
  new StoreError('invalid', `The listing cannot go on: ${what}`, { backendCode: 'BrokenListing' });

/** The cursor of the page after `page`; undefined after the last one. Throws where a loop would begin. */
function cursorAfter(page: ListPage, cursor: Cursor, quirks: S3Quirks): Cursor | undefined {
  if (!page.isTruncated) return undefined;
  if (quirks.listVersion === 2) {
    if (page.nextToken === undefined) throw stuck('it is truncated and has no token');
    if (page.nextToken === cursor.token) throw stuck('it gives the same token again');
    return { token: page.nextToken };
  }
  const after = page.nextMarker ?? page.objects.at(-1)?.key;
  if (after === undefined) throw stuck('it is truncated and has no marker');
  if (after === cursor.after) throw stuck('it gives the same marker again');
  return { after };
}

/**
 * Checks what a broken server would do to a merge of two listings: order, repetition, keys from elsewhere. Answers the last
 * key of the page.
 */
function checkPage(objects: readonly ListedObject[], prefix: string, last: string | undefined, ordered: boolean) {
  let before = last;
  for (const { key } of objects) {
    if (ordered && before !== undefined && !comesBefore(before, key)) throw stuck('its keys go backwards or repeat');
    if (!key.startsWith(prefix)) throw stuck('it has keys outside its prefix');
    before = key;
  }
  return before;
}

/** Lists objects page by page as they are pulled; empty pages are passed over. `signed` goes with every request. */
export async function* listPages(
  client: S3Client,
  quirks: S3Quirks,
  range: { readonly prefix: string; readonly after: string | undefined },
  signed: readonly HeaderPair[],
  signal: AbortSignal,
): AsyncGenerator<readonly ListedObject[], void, undefined> {
  let last = range.after === '' ? undefined : range.after;
  let cursor: Cursor | undefined = { after: last };
  let empty = 0;
  while (cursor !== undefined) {
    const query = listQuery(range.prefix, cursor, quirks);
    const answer = await client.send('Listing failed', { method: 'GET', query, signed }, signal);
    const page = readListPage(answer.body.toString('utf8'));
    const next = cursorAfter(page, cursor, quirks);
    last = checkPage(page.objects, range.prefix, last, quirks.listsInKeyOrder);
    empty = page.objects.length > 0 ? 0 : empty + 1;
    if (empty > MAX_EMPTY_PAGES) throw stuck('its pages stay empty');
    if (empty === 0) yield page.objects;
    cursor = next;
  }
}
