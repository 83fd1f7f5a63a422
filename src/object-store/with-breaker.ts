import { wait } from '../kernel/retry.js';
import { type CircuitBreaker, healthOf } from './circuit-breaker.js';
import {
  interceptStore,
  type ListingPages,
  type Proceed,
  type ProceedPages,
  type StoreCall,
  type StoreInterceptor,
} from './intercept-store.js';
import type { DestinationStore, OpenedObject, SourceStore } from './object-store.port.js';

type Pause = (ms: number, signal: AbortSignal) => Promise<void>;

/**
 * Asks the endpoint's breaker before each call and tells it how the call ended. An opened body that breaks later counts
 * neither way: its begin was an answer. Content that was to come along with the answer is part of it.
 */
export function withBreaker(store: DestinationStore, breaker: CircuitBreaker, pause?: Pause): DestinationStore;
export function withBreaker(store: SourceStore, breaker: CircuitBreaker, pause?: Pause): SourceStore;
export function withBreaker(store: SourceStore, breaker: CircuitBreaker, pause: Pause = wait): SourceStore {
  return interceptStore(store, new BreakerInterceptor(breaker, pause));
}

class BreakerInterceptor implements StoreInterceptor {
  constructor(
    private readonly breaker: CircuitBreaker,
    private readonly pause: Pause,
  ) {}

  call<T>(call: StoreCall, signal: AbortSignal, proceed: Proceed<T>): Promise<T> {
    return this.guarded(signal, () => proceed(call, signal));
  }

  open(call: StoreCall, signal: AbortSignal, proceed: Proceed<OpenedObject>): Promise<OpenedObject> {
    return this.guarded(signal, () => proceed(call, signal));
  }

  async *listPages(after: string | undefined, signal: AbortSignal, proceed: ProceedPages): ListingPages {
    const report = this.breaker.admit();
    try {
      for await (const page of proceed(after, signal)) {
        report('answered');
        yield page;
      }
      report('answered');
    } catch (error) {
      report(healthOf(error));
      throw error;
    } finally {
      report('unknown');
    }
  }

  private async guarded<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    const { paceMs } = this.breaker;
    if (paceMs > 0) await this.pause(paceMs, signal);
    const report = this.breaker.admit();
    try {
      const result = await work();
      report('answered');
      return result;
    } catch (error) {
      report(signal.aborted ? 'unknown' : healthOf(error));
      throw error;
    }
  }
}
