import { ByteBudget } from '../../src/kernel/byte-budget.js';
import {
  interceptStore,
  type Proceed,
  type StoreCall,
  type StoreInterceptor,
  type StoreOperation,
} from '../../src/object-store/intercept-store.js';
import { MemoryBuckets } from '../../src/object-store/memory/memory-buckets.js';
import { MemoryStore, type MemoryStoreOptions } from '../../src/object-store/memory/memory-store.js';
import {
  type DestinationStore,
  type OpenedObject,
  StoreError,
  type StoreErrorKind,
} from '../../src/object-store/object-store.port.js';
import { syncObject, type TransferOutcome } from '../../src/transfer/sync-object.js';
import type { SyncObjectOptions, TransferLimits } from '../../src/transfer/transfer-options.js';
import { ManualClock } from './manual-clock.js';

/** Never aborts. */
export const never = new AbortController().signal;

export const limits: TransferLimits = {
  attempts: 3,
  baseDelayMs: 1,
  maxDelayMs: 1,
  multipartThresholdBytes: 1000,
  partBytes: 100,
  partConcurrency: 3,
  bufferBytes: 100,
  objectTimeoutMs: 5_000,
};

/** What a plain task asks for; a defect fails the test. */
export const plain: SyncObjectOptions = {
  buffers: new ByteBudget(64 * 1024 * 1024),
  limits,
  consistencyCheck: 'size_last_modified',
  migrateMetadata: false,
  enableKms: false,
  enableRestore: false,
  onBug: (error) => {
    throw error;
  },
};

export const bytes = (size: number): Buffer => Buffer.from(Array.from({ length: size }, (_, at) => (at * 31) & 255));

/** Passes everything on; for interceptors that care for one call only. */
export const passing: StoreInterceptor = {
  call: (call, signal, proceed) => proceed(call, signal),
  open: (call, signal, proceed) => proceed(call, signal),
};

/** Calls `before` ahead of every call of an operation; what it throws is the answer. */
export function meddle(
  store: DestinationStore,
  operation: StoreOperation,
  before: (count: number) => void,
): DestinationStore {
  let count = 0;
  const call = <T>(each: StoreCall, signal: AbortSignal, proceed: Proceed<T>): Promise<T> => {
    if (each.operation === operation) before(++count);
    return proceed(each, signal);
  };
  const around = async <T>(each: StoreCall, signal: AbortSignal, proceed: Proceed<T>): Promise<T> =>
    call(each, signal, proceed);
  return interceptStore(store, { call: around, open: around<OpenedObject> });
}

export const failing = (kind: StoreErrorKind) => (): never => {
  throw new StoreError(kind, 'It failed: https://host/k?X-Signature=secret\nsecond line', { backendCode: 'Some' });
};

/** Two memory buckets at two endpoints: `from` and `to`, and the object `k` on its way. */
export class TransferStage {
  readonly clock = new ManualClock();
  readonly from = new MemoryBuckets(['from', 'to'], this.clock);
  readonly to = new MemoryBuckets(['to'], this.clock);

  source(): DestinationStore {
    return new MemoryStore(this.from, 'from');
  }

  destination(options?: MemoryStoreOptions): DestinationStore {
    return new MemoryStore(this.to, 'to', options);
  }

  /** What the destination has. */
  copied(key = 'k'): Buffer | undefined {
    return this.to.bucket('to').objects.get(key)?.content;
  }

  /** How many uploads in parts are open at the destination. */
  get uploads(): number {
    return this.to.bucket('to').uploads.size;
  }

  sync(
    options: Partial<SyncObjectOptions> = {},
    source = this.source(),
    destination = this.destination(),
  ): Promise<TransferOutcome> {
    return syncObject(source, destination, 'k', { ...plain, ...options }, never);
  }
}
