import { createHash } from 'node:crypto';
import type { RetryPolicy } from '../kernel/retry.js';
import type { ListingPages } from './intercept-store.js';
import {
  type ListedObject,
  type ObjectInfo,
  type PutResult,
  StoreError,
  type StoreTraits,
  type UploadedPart,
} from './object-store.port.js';
import { type Pacing, retriableFailure, retrying } from './retrying.js';

export interface RetryOptions {
  readonly retry: RetryPolicy;
  readonly pacing: Pacing;
}

/** A listing that, begun again, goes on after the last key it gave. */
export async function* repeatedPages(
  { listsInKeyOrder }: StoreTraits,
  { retry, pacing }: RetryOptions,
  after: string | undefined,
  signal: AbortSignal,
  begin: (after: string | undefined) => ListingPages,
): ListingPages {
  let last = after;
  let given = false;
  // Without an order of keys there is no "after the last one", so only the beginning can be tried again.
  const worthRetrying = (error: unknown): StoreError | undefined =>
    given && !listsInKeyOrder ? undefined : retriableFailure(error);
  let pages = begin(last)[Symbol.asyncIterator]();
  const next = (attempt: number): Promise<IteratorResult<readonly ListedObject[]>> => {
    if (attempt > 1) pages = begin(last)[Symbol.asyncIterator]();
    return pages.next();
  };
  try {
    for (;;) {
      let tries = 0;
      const step = await retrying(retry, signal, () => next(++tries), worthRetrying, pacing);
      if (step.done === true) return;
      last = step.value.at(-1)?.key ?? last;
      given = true;
      yield step.value;
    }
  } finally {
    await pages.return?.();
  }
}

/**
 * A completion whose answer was lost may have happened. The store then knows no such upload, and the object tells by its
 * ETag, made of those of the parts, whether it was this one. When it does not tell, the caller must begin anew.
 */
export function repeatedCompletion(
  parts: readonly UploadedPart[],
  complete: () => Promise<PutResult>,
  head: () => Promise<ObjectInfo>,
): () => Promise<PutResult> {
  let tried = false;
  return async () => {
    try {
      return await complete();
    } catch (error) {
      if (!tried || !(error instanceof StoreError) || error.backendCode !== 'NoSuchUpload') throw error;
      const { etag, crc64 } = await head();
      if (etag === undefined || etag !== etagOfParts(parts)) throw error;
      return { etag, ...(crc64 !== undefined && { crc64 }) };
    } finally {
      tried = true;
    }
  };
}

/** As S3 makes it: the MD5 of the parts' MD5s, and how many there are. */
function etagOfParts(parts: readonly UploadedPart[]): string {
  const hash = createHash('md5');
  for (const { etag } of parts) hash.update(etag, 'hex');
  return `${hash.digest('hex')}-${parts.length}`;
}
