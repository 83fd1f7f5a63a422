import { createHash } from 'node:crypto';
import type { DestinationStore } from '../object-store/object-store.port.js';
import type { ListLineRow } from '../sync-tasks/object-list.projection.js';

/** A file is cut before it grows beyond this, whatever its number of lines: it is held in memory while it is written. */
export const MAX_FILE_BYTES = 16 * 1024 * 1024;

/** The lines of one file, and the events it covers. */
export interface ListCut {
  readonly from: bigint;
  readonly to: bigint;
  /** When the first event it covers happened. */
  readonly at: string;
  readonly lines: number;
  readonly body: Buffer;
}

/**
 * Cuts lines into a file at the border of an event, so that a file covers whole events. Undefined when there are none.
 * `rows` come in the order of position.
 */
export function cutList(rows: Iterable<ListLineRow>, maxLines: number): ListCut | undefined {
  const texts: string[] = [];
  let lines = 0;
  let bytes = 0;
  let first: ListLineRow | undefined;
  let last: ListLineRow | undefined;
  for (const row of rows) {
    const full = lines >= maxLines || bytes >= MAX_FILE_BYTES;
    if (full && row.position !== last?.position) break;
    first ??= row;
    last = row;
    texts.push(row.text, '\n');
    lines++;
    bytes += Buffer.byteLength(row.text) + 1;
  }
  if (first === undefined || last === undefined) return undefined;
  const body = Buffer.from(texts.join(''));
  return { from: BigInt(first.position), to: BigInt(last.position), at: first.at, lines, body };
}

export const sha256 = (body: Buffer): string => createHash('sha256').update(body).digest('hex');

/** Stores a list file; writing the same bytes under the same key again is harmless. */
export async function putList(store: DestinationStore, key: string, body: Buffer, signal: AbortSignal): Promise<void> {
  const md5 = createHash('md5').update(body).digest('hex');
  await store.put(key, body, { size: body.length, contentType: 'text/plain; charset=utf-8', md5 }, signal);
}
