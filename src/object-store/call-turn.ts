import type { Readable } from 'node:stream';
import type { Semaphore } from '../kernel/semaphore.js';
import { type CallOutcome, outcomeOf, type StoreObserver } from './call-observer.js';
import { type CallHealth, type CircuitBreaker, healthOf } from './circuit-breaker.js';
import type { StoreOperation } from './intercept-store.js';
import type { Pacing } from './retrying.js';

/** Where the calls of a store go. */
export interface CallEndpoint {
  /** What calls are counted as. */
  readonly name: string;
  readonly observer: StoreObserver | undefined;
  readonly pacing: Pacing;
}

/**
 * The turn of one call at its endpoint: `wait`, `begin`, then `answered` and `end`, or `fail`. Limits, breaker and metrics in
 * this order: who waited for a permit asks the breaker when its turn comes and not before, time spent waiting is no time of the
 * endpoint, and calls that the breaker refused are not counted.
 */
export class CallTurn {
  private held: Semaphore | undefined;
  private admission: number | undefined;
  private startedAt: number | undefined;

  constructor(
    private readonly endpoint: CallEndpoint,
    private readonly operation: StoreOperation,
    private readonly breaker: CircuitBreaker,
    private readonly signal: AbortSignal,
  ) {}

  /** For a permit, and a moment's rest where the endpoint throttles; undefined when there is nothing to wait for. */
  wait(permits: Semaphore): Promise<void> | undefined {
    this.signal.throwIfAborted();
    if (permits.take()) {
      this.held = permits;
      if (this.breaker.paceMs === 0) return undefined;
    }
    return this.waitLong(permits);
  }

  /** Throws when the endpoint is given a rest. */
  begin(): void {
    this.admission = this.breaker.admit();
    this.startedAt = performance.now();
  }

  /** The endpoint is well: it gave an answer, or the begin of one. What breaks later counts neither way. */
  answered(): void {
    this.report('answered');
  }

  /** Over: the permit is given back and the observer told, once. */
  end(outcome: CallOutcome, bytes: number): void {
    const { endpoint, startedAt } = this;
    this.held?.release();
    this.held = undefined;
    this.startedAt = undefined;
    if (startedAt !== undefined && endpoint.observer !== undefined)
      endpoint.observer.call(endpoint.name, this.operation, outcome, performance.now() - startedAt, bytes);
  }

  /** Over when the body is, which brings so many bytes. */
  endWith(body: Readable, bytes: number): void {
    const closed = (): void => {
      if (body.errored !== null) this.end(outcomeOf(body.errored, this.signal), 0);
      else if (body.readableEnded) this.end('ok', bytes);
      else this.end('aborted', 0);
    };
    // It may fail before its reader listens, and that must not become an unhandled error.
    body.on('error', () => undefined);
    if (body.closed) closed();
    else body.once('close', closed);
  }

  fail(error: unknown): void {
    this.report(this.signal.aborted ? 'unknown' : healthOf(error));
    this.end(outcomeOf(error, this.signal), 0);
  }

  /** The caller wants no more; nothing, when it is over already. */
  leave(): void {
    this.report('unknown');
    this.end('aborted', 0);
  }

  private async waitLong(permits: Semaphore): Promise<void> {
    const { breaker, endpoint, signal } = this;
    if (this.held === undefined) await permits.acquire(signal);
    this.held = permits;
    if (breaker.paceMs === 0) return;
    try {
      await endpoint.pacing.pause(breaker.paceMs, signal);
    } catch (error) {
      this.held = undefined;
      permits.release();
      throw error;
    }
  }

  private report(health: CallHealth): void {
    if (this.admission !== undefined) this.breaker.report(this.admission, health);
    this.admission = undefined;
  }
}
