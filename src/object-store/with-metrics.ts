import {
  interceptStore,
  type ListingPages,
  type Proceed,
  type ProceedPages,
  type StoreCall,
  type StoreInterceptor,
  type StoreOperation,
} from './intercept-store.js';
import {
  type DestinationStore,
  type OpenedObject,
  type SourceStore,
  StoreError,
  type StoreErrorKind,
} from './object-store.port.js';

/** How a call ended: well, aborted by us, or with a kind of failure; `bug` is an error that is no store's. */
export type CallOutcome = 'ok' | 'aborted' | 'bug' | StoreErrorKind;

/** Told of every call that went out to an endpoint. Must not throw. */
export interface StoreObserver {
  /** `bytes` are those of the body, sent or received whole. A listing is one call, however many pages it has. */
  call(endpoint: string, operation: StoreOperation, outcome: CallOutcome, durationMs: number, bytes: number): void;
}

/** Tells an observer about every call; each try counts on its own. */
export function withMetrics(store: DestinationStore, endpoint: string, observer: StoreObserver): DestinationStore;
export function withMetrics(store: SourceStore, endpoint: string, observer: StoreObserver): SourceStore;
export function withMetrics(store: SourceStore, endpoint: string, observer: StoreObserver): SourceStore {
  return interceptStore(store, new MetricsInterceptor(endpoint, observer));
}

class MetricsInterceptor implements StoreInterceptor {
  constructor(
    private readonly endpoint: string,
    private readonly observer: StoreObserver,
  ) {}

  async call<T>(call: StoreCall, signal: AbortSignal, proceed: Proceed<T>): Promise<T> {
    const tell = this.begin(call.operation);
    try {
      const result = await proceed(call, signal);
      tell('ok', call.body === undefined ? 0 : Math.max(0, call.size ?? 0));
      return result;
    } catch (error) {
      tell(outcomeOf(error, signal), 0);
      throw error;
    }
  }

  async open(call: StoreCall, signal: AbortSignal, proceed: Proceed<OpenedObject>): Promise<OpenedObject> {
    const tell = this.begin(call.operation);
    try {
      const opened = await proceed(call, signal);
      if (opened.content !== undefined) {
        tell('ok', opened.content.length);
        return opened;
      }
      const { body, info } = opened;
      const bytes = Math.max(0, call.size ?? info.size); // of an unknown size nothing is counted
      body.once('error', (error) => tell(outcomeOf(error, signal), 0));
      body.once('close', () => tell(body.readableEnded ? 'ok' : 'aborted', body.readableEnded ? bytes : 0));
      return opened;
    } catch (error) {
      tell(outcomeOf(error, signal), 0);
      throw error;
    }
  }

  async *listPages(after: string | undefined, signal: AbortSignal, proceed: ProceedPages): ListingPages {
    const tell = this.begin('list');
    try {
      yield* proceed(after, signal);
      tell('ok', 0);
    } catch (error) {
      tell(outcomeOf(error, signal), 0);
      throw error;
    } finally {
      tell('aborted', 0); // the caller left early, unless it was told already
    }
  }

  private begin(operation: StoreOperation): (outcome: CallOutcome, bytes: number) => void {
    const startedAt = performance.now();
    let told = false;
    return (outcome, bytes) => {
      if (told) return;
      told = true;
      this.observer.call(this.endpoint, operation, outcome, performance.now() - startedAt, bytes);
    };
  }
}

function outcomeOf(error: unknown, signal: AbortSignal): CallOutcome {
  if (signal.aborted) return 'aborted';
  return error instanceof StoreError ? error.kind : 'bug';
}
