import { Readable } from 'node:stream';
import { objectsOf } from './listing-pages.js';
import type {
  DestinationStore,
  ListedObject,
  MultipartUploads,
  OpenedObject,
  PutResult,
  SourceStore,
  UploadedPart,
} from './object-store.port.js';

export type StoreOperation =
  | 'list'
  | 'head'
  | 'headInBucket'
  | 'open'
  | 'getTags'
  | 'restore'
  | 'put'
  | 'delete'
  | 'copyFrom'
  | 'createUpload'
  | 'uploadPart'
  | 'copyPart'
  | 'listParts'
  | 'completeUpload'
  | 'abortUpload';

/** One call of a store, as the decorators see it. */
export interface StoreCall {
  readonly operation: StoreOperation;
  readonly key: string;
  /** What is sent, with its size; a decorator may pass another body on. */
  readonly body?: Buffer | Readable | undefined;
  readonly size?: number | undefined;
  /** Of an `open`: see `OpenOptions`. */
  readonly collectUpTo?: number | undefined;
  /** The parts of a `completeUpload`. */
  readonly parts?: readonly UploadedPart[] | undefined;
}

export type Proceed<T> = (call: StoreCall, signal: AbortSignal) => Promise<T>;
export type ListingPages = AsyncIterable<readonly ListedObject[]>;
export type ProceedPages = (after: string | undefined, signal: AbortSignal) => ListingPages;

/** One concern around the calls of a store: the calls it does not care about it passes on. */
export interface StoreInterceptor {
  /** Every call but `open` and listings, and `completeUpload` where that has a method of its own. */
  call<T>(call: StoreCall, signal: AbortSignal, proceed: Proceed<T>): Promise<T>;
  open(call: StoreCall, signal: AbortSignal, proceed: Proceed<OpenedObject>): Promise<OpenedObject>;
  completeUpload?(call: StoreCall, signal: AbortSignal, proceed: Proceed<PutResult>): Promise<PutResult>;
  /** Both ways to list come through here. Absent: listings pass. */
  listPages?(after: string | undefined, signal: AbortSignal, proceed: ProceedPages): ListingPages;
}

/** All calls have one shape: the code that takes them runs for every object. */
const callOf = (
  operation: StoreOperation,
  key: string,
  body?: Buffer | Readable,
  size?: number,
  collectUpTo?: number,
  parts?: readonly UploadedPart[],
): StoreCall => ({ operation, key, body, size, collectUpTo, parts });

const isDestination = (store: SourceStore): store is DestinationStore => 'put' in store;

/** The same store with an interceptor around its calls; traits stay, and an ability that is missing stays missing. */
export function interceptStore(store: DestinationStore, interceptor: StoreInterceptor): DestinationStore;
export function interceptStore(store: SourceStore, interceptor: StoreInterceptor): SourceStore;
export function interceptStore(store: SourceStore, interceptor: StoreInterceptor): SourceStore {
  return isDestination(store) ? aroundDestination(store, interceptor) : aroundSource(store, interceptor);
}

function aroundSource(store: SourceStore, around: StoreInterceptor): SourceStore {
  const { label, traits, endpointIdentity, bucket, requesterPays, restore, headInBucket, getTags } = store;
  const listPages: SourceStore['listPages'] = (prefix, after, signal) => {
    const proceed: ProceedPages = (from, inner) => store.listPages(prefix, from, inner);
    return around.listPages === undefined ? proceed(after, signal) : around.listPages(after, signal, proceed);
  };
  return {
    label,
    traits,
    endpointIdentity,
    bucket,
    ...(requesterPays !== undefined && { requesterPays }),
    list: (prefix, after, signal) => objectsOf(listPages(prefix, after, signal)),
    listPages,
    head: (key, signal) => around.call(callOf('head', key), signal, (_, inner) => store.head(key, inner)),
    open: (key, options, signal) => {
      const { range, collectUpTo } = options;
      const size = range === undefined ? undefined : range.end - range.start + 1;
      const call = callOf('open', key, undefined, size, collectUpTo);
      return around.open(call, signal, (_, inner) => store.open(key, options, inner));
    },
    ...(restore && {
      restore: (key: string, days: number, signal: AbortSignal) =>
        around.call(callOf('restore', key), signal, (_, inner) => restore.call(store, key, days, inner)),
    }),
    ...(headInBucket && {
      headInBucket: (key: string, signal: AbortSignal) =>
        around.call(callOf('headInBucket', key), signal, (_, inner) => headInBucket.call(store, key, inner)),
    }),
    ...(getTags && {
      getTags: (key: string, signal: AbortSignal) =>
        around.call(callOf('getTags', key), signal, (_, inner) => getTags.call(store, key, inner)),
    }),
    close: () => store.close(),
  };
}

function aroundDestination(store: DestinationStore, around: StoreInterceptor): DestinationStore {
  const { copyFrom, multipart } = store;
  return {
    ...aroundSource(store, around),
    put: (key, body, options, signal) =>
      destroyingOnFailure(body, () =>
        around.call(callOf('put', key, body, options.size), signal, (call, inner) =>
          store.put(key, call.body ?? body, options, inner),
        ),
      ),
    delete: (key, signal) => around.call(callOf('delete', key), signal, (_, inner) => store.delete(key, inner)),
    ...(copyFrom && {
      copyFrom: ((key, from, options, signal) =>
        around.call(callOf('copyFrom', key), signal, (_, inner) =>
          copyFrom.call(store, key, from, options, inner),
        )) satisfies typeof copyFrom,
    }),
    ...(multipart && { multipart: aroundUploads(multipart, around) }),
  };
}

function aroundUploads(uploads: MultipartUploads, around: StoreInterceptor): MultipartUploads {
  const { minPartBytes, maxPartBytes, maxParts, copyPart } = uploads;
  return {
    minPartBytes,
    maxPartBytes,
    maxParts,
    create: (key, options, signal) =>
      around.call(callOf('createUpload', key), signal, (_, inner) => uploads.create(key, options, inner)),
    uploadPart: (key, uploadId, partNumber, body, options, signal) =>
      destroyingOnFailure(body, () =>
        around.call(callOf('uploadPart', key, body, options.size), signal, (call, inner) =>
          uploads.uploadPart(key, uploadId, partNumber, call.body ?? body, options, inner),
        ),
      ),
    ...(copyPart && {
      copyPart: ((key, uploadId, partNumber, from, signal) =>
        around.call(callOf('copyPart', key), signal, (_, inner) =>
          copyPart.call(uploads, key, uploadId, partNumber, from, inner),
        )) satisfies typeof copyPart,
    }),
    listParts: (key, uploadId, signal) =>
      around.call(callOf('listParts', key), signal, (_, inner) => uploads.listParts(key, uploadId, inner)),
    complete: (key, uploadId, parts, signal) => {
      const call = callOf('completeUpload', key, undefined, undefined, undefined, parts);
      const proceed: Proceed<PutResult> = (_, inner) => uploads.complete(key, uploadId, parts, inner);
      return around.completeUpload?.(call, signal, proceed) ?? around.call(call, signal, proceed);
    },
    abort: (key, uploadId, signal) =>
      around.call(callOf('abortUpload', key), signal, (_, inner) => uploads.abort(key, uploadId, inner)),
  };
}

/** The port's promise about streams also holds when a decorator refuses before the store sees the body. */
function destroyingOnFailure<T>(body: Buffer | Readable, work: () => Promise<T>): Promise<T> {
  return body instanceof Readable ? workOnStream(body, work) : work();
}

async function workOnStream<T>(body: Readable, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    body.destroy();
    throw error;
  }
}
