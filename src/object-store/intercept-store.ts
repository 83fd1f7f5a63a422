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
  readonly body?: Buffer | Readable;
  readonly size?: number;
  /** Of an `open`: see `OpenOptions`. */
  readonly collectUpTo?: number;
  /** The parts of a `completeUpload`. */
  readonly parts?: readonly UploadedPart[];
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
    head: (key, signal) => around.call({ operation: 'head', key }, signal, (_, inner) => store.head(key, inner)),
    open: (key, options, signal) => {
      const { range, collectUpTo } = options;
      const size = range === undefined ? undefined : { size: range.end - range.start + 1 };
      const collected = collectUpTo === undefined ? undefined : { collectUpTo };
      const call: StoreCall = { operation: 'open', key, ...size, ...collected };
      return around.open(call, signal, (_, inner) => store.open(key, options, inner));
    },
    ...(restore && {
      restore: (key: string, days: number, signal: AbortSignal) =>
        around.call({ operation: 'restore', key }, signal, (_, inner) => restore.call(store, key, days, inner)),
    }),
    ...(headInBucket && {
      headInBucket: (key: string, signal: AbortSignal) =>
        around.call({ operation: 'headInBucket', key }, signal, (_, inner) => headInBucket.call(store, key, inner)),
    }),
    ...(getTags && {
      getTags: (key: string, signal: AbortSignal) =>
        around.call({ operation: 'getTags', key }, signal, (_, inner) => getTags.call(store, key, inner)),
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
        around.call({ operation: 'put', key, body, size: options.size }, signal, (call, inner) =>
          store.put(key, call.body ?? body, options, inner),
        ),
      ),
    delete: (key, signal) => around.call({ operation: 'delete', key }, signal, (_, inner) => store.delete(key, inner)),
    ...(copyFrom && {
      copyFrom: ((key, from, options, signal) =>
        around.call({ operation: 'copyFrom', key }, signal, (_, inner) =>
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
      around.call({ operation: 'createUpload', key }, signal, (_, inner) => uploads.create(key, options, inner)),
    uploadPart: (key, uploadId, partNumber, body, options, signal) =>
      destroyingOnFailure(body, () =>
        around.call({ operation: 'uploadPart', key, body, size: options.size }, signal, (call, inner) =>
          uploads.uploadPart(key, uploadId, partNumber, call.body ?? body, options, inner),
        ),
      ),
    ...(copyPart && {
      copyPart: ((key, uploadId, partNumber, from, signal) =>
        around.call({ operation: 'copyPart', key }, signal, (_, inner) =>
          copyPart.call(uploads, key, uploadId, partNumber, from, inner),
        )) satisfies typeof copyPart,
    }),
    listParts: (key, uploadId, signal) =>
      around.call({ operation: 'listParts', key }, signal, (_, inner) => uploads.listParts(key, uploadId, inner)),
    complete: (key, uploadId, parts, signal) => {
      const call: StoreCall = { operation: 'completeUpload', key, parts };
      const proceed: Proceed<PutResult> = (_, inner) => uploads.complete(key, uploadId, parts, inner);
      return around.completeUpload?.(call, signal, proceed) ?? around.call(call, signal, proceed);
    },
    abort: (key, uploadId, signal) =>
      around.call({ operation: 'abortUpload', key }, signal, (_, inner) => uploads.abort(key, uploadId, inner)),
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
