import { StoreError, type StoreErrorKind } from './object-store.port.js';
import type { StoreOperation } from './intercept-store.js';

/** How a call ended: well, aborted by us, or with a kind of failure; `bug` is an error that is no store's. */
export type CallOutcome = 'ok' | 'aborted' | 'bug' | StoreErrorKind;

/** Told of every call that went out to an endpoint; each try counts on its own. Must not throw. */
export interface StoreObserver {
  /** `bytes` are those of the body, sent or received whole. A listing is one call, however many pages it has. */
  call(endpoint: string, operation: StoreOperation, outcome: CallOutcome, durationMs: number, bytes: number): void;
}

/** How a call ended that failed. */
export function outcomeOf(error: unknown, signal: AbortSignal): CallOutcome {
  if (signal.aborted) return 'aborted';
  return error instanceof StoreError ? error.kind : 'bug';
}
