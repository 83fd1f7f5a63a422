import { Semaphore } from '../kernel/semaphore.js';
import {
  interceptStore,
  type Proceed,
  type StoreCall,
  type StoreInterceptor,
  type StoreOperation,
} from './intercept-store.js';
import type { DestinationStore, OpenedObject, SourceStore } from './object-store.port.js';

/** Requests in flight at one endpoint, reading and writing counted apart. */
export interface EndpointPermits {
  readonly reads: Semaphore;
  readonly writes: Semaphore;
}

const READS: ReadonlySet<StoreOperation> = new Set(['head', 'headInBucket', 'getTags', 'open']);

/**
 * Bounds the requests in flight. An opened body keeps its read permit until it has ended (at once, when its content came along), so:
 * - reading and writing have permits of their own, and who holds a write permit never waits for a read permit. Thus copies
 *   on one endpoint, which hold a read permit and wait for a write permit, always come forward;
 * - who holds an open body must not make another read call before it ended (the transfer sees to that);
 * - a listing takes none: it has one request in flight by itself, and holding a permit while its caller works on what it
 *   gave would let listings starve the very copies they feed.
 */
export function withLimits(store: DestinationStore, permits: EndpointPermits): DestinationStore;
export function withLimits(store: SourceStore, permits: EndpointPermits): SourceStore;
export function withLimits(store: SourceStore, permits: EndpointPermits): SourceStore {
  return interceptStore(store, new LimitsInterceptor(permits));
}

class LimitsInterceptor implements StoreInterceptor {
  constructor(private readonly permits: EndpointPermits) {}

  call<T>(call: StoreCall, signal: AbortSignal, proceed: Proceed<T>): Promise<T> {
    const permits = READS.has(call.operation) ? this.permits.reads : this.permits.writes;
    return permits.run(() => proceed(call, signal), signal);
  }

  async open(call: StoreCall, signal: AbortSignal, proceed: Proceed<OpenedObject>): Promise<OpenedObject> {
    const release = await this.permits.reads.acquire(signal);
    try {
      const opened = await proceed(call, signal);
      if (opened.content !== undefined || opened.body.closed) release();
      else opened.body.once('close', release);
      return opened;
    } catch (error) {
      release();
      throw error;
    }
  }
}
