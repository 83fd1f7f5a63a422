import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import type { RetryPolicy } from '../kernel/retry.js';
import {
  interceptStore,
  type ListingPages,
  type Proceed,
  type ProceedPages,
  type StoreCall,
  type StoreInterceptor,
} from './intercept-store.js';
import {
  type DestinationStore,
  type ListedObject,
  type OpenedObject,
  type PutResult,
  type SourceStore,
  StoreError,
  type StoreTraits,
  type UploadedPart,
} from './object-store.port.js';
import { type Pacing, retriableFailure, retrying, systemPacing } from './retrying.js';

/**
 * The one layer that tries calls again, with exponential backoff and full jitter, for the kinds of failure that are worth it.
 * It does not retry what it cannot repeat: a `put` or part whose body is a stream, and a body once `open` has answered.
 * These are repeated by `transfer`, which opens the source again. A listing goes on after the last key it gave.
 */
export function withRetry(store: DestinationStore, policy: RetryPolicy, pacing?: Pacing): DestinationStore;
export function withRetry(store: SourceStore, policy: RetryPolicy, pacing?: Pacing): SourceStore;
export function withRetry(store: SourceStore, policy: RetryPolicy, pacing: Pacing = systemPacing): SourceStore {
  return interceptStore(store, new RetryInterceptor(store, policy, pacing));
}

class RetryInterceptor implements StoreInterceptor {
  private readonly traits: StoreTraits;

  constructor(
    private readonly store: SourceStore,
    private readonly policy: RetryPolicy,
    private readonly pacing: Pacing,
  ) {
    this.traits = store.traits;
  }

  call<T>(call: StoreCall, signal: AbortSignal, proceed: Proceed<T>): Promise<T> {
    if (call.body instanceof Readable) return proceed(call, signal);
    return this.retry(signal, () => proceed(call, signal));
  }

  open(call: StoreCall, signal: AbortSignal, proceed: Proceed<OpenedObject>): Promise<OpenedObject> {
    return this.retry(signal, () => proceed(call, signal));
  }

  async *listPages(after: string | undefined, signal: AbortSignal, proceed: ProceedPages): ListingPages {
    let last = after;
    let given = false;
    // Without an order of keys there is no "after the last one", so only the beginning can be tried again.
    const worthRetrying = (error: unknown): StoreError | undefined =>
      given && !this.traits.listsInKeyOrder ? undefined : retriableFailure(error);
    let pages = proceed(last, signal)[Symbol.asyncIterator]();
    const next = (attempt: number): Promise<IteratorResult<readonly ListedObject[]>> => {
      if (attempt > 1) pages = proceed(last, signal)[Symbol.asyncIterator]();
      return pages.next();
    };
    try {
      for (;;) {
        let tries = 0;
        const step = await retrying(this.policy, signal, () => next(++tries), worthRetrying, this.pacing);
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
  completeUpload(call: StoreCall, signal: AbortSignal, proceed: Proceed<PutResult>): Promise<PutResult> {
    let tried = false;
    const once = async (): Promise<PutResult> => {
      try {
        return await proceed(call, signal);
      } catch (error) {
        if (!tried || !(error instanceof StoreError) || error.backendCode !== 'NoSuchUpload') throw error;
        const done = await this.completedAs(call, signal);
        if (done === undefined) throw error;
        return done;
      } finally {
        tried = true;
      }
    };
    return this.retry(signal, once);
  }

  private async completedAs(call: StoreCall, signal: AbortSignal): Promise<PutResult | undefined> {
    const { etag, crc64 } = await this.store.head(call.key, signal);
    if (etag === undefined || etag !== etagOfParts(call.parts ?? [])) return undefined;
    return { etag, ...(crc64 !== undefined && { crc64 }) };
  }

  private retry<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    return retrying(this.policy, signal, work, retriableFailure, this.pacing);
  }
}

/** As S3 makes it: the MD5 of the parts' MD5s, and how many there are. */
function etagOfParts(parts: readonly UploadedPart[]): string {
  const hash = createHash('md5');
  for (const { etag } of parts) hash.update(etag, 'hex');
  return `${hash.digest('hex')}-${parts.length}`;
}
