import { StoreError, type StoreErrorKind } from './object-store.port.js';
import { CIRCUIT_OPEN } from './retrying.js';

/** How the calls of an endpoint end, as far as its health is concerned. */
export type CallHealth = 'answered' | 'down' | 'throttled' | 'unknown';

const DOWN: ReadonlySet<StoreErrorKind> = new Set(['unavailable', 'timeout', 'connection']);

/** A refusal is an answer of a healthy endpoint; only no answer, or 5xx, is not. An abort of ours says nothing. */
export function healthOf(error: unknown): CallHealth {
  if (!(error instanceof StoreError)) return 'unknown';
  if (error.kind === 'throttled') return 'throttled';
  return DOWN.has(error.kind) ? 'down' : 'answered';
}

export interface BreakerOptions {
  /** Failures in a row after which the endpoint rests. */
  readonly failures: number;
  /** For how long it rests before one call may probe it. */
  readonly resetMs: number;
}

const FIRST_PACE_MS = 25;
const MAX_PACE_MS = 1_000;
/** Who comes while a probe is under way is told to come back after this share of the rest time. */
const PROBE_SHARE = 0.1;

/**
 * Lets an endpoint rest that does not answer: closed, open for a rest time, then half-open with one probe whose end decides.
 * A throttled endpoint stays open to calls but each waits a moment first, longer with every further refusal.
 */
export class CircuitBreaker {
  private failuresInRow = 0;
  private restUntil: number | undefined;
  private probing = false;
  private generation = 0;
  private pace = 0;

  constructor(
    private readonly options: BreakerOptions,
    private readonly now: () => number = () => performance.now(),
  ) {}

  /** How long a call should wait before it goes out. */
  get paceMs(): number {
    return this.pace;
  }

  get state(): 'closed' | 'open' | 'half-open' {
    if (this.restUntil === undefined) return 'closed';
    return this.probing || this.now() >= this.restUntil ? 'half-open' : 'open';
  }

  /** Lets a call through, or refuses with `unavailable`, saying when to come back. The answer is what `report` wants, once. */
  admit(): number {
    if (this.restUntil !== undefined) {
      const restMs = this.restUntil - this.now();
      if (restMs > 0) throw this.refusal(restMs);
      if (this.probing) throw this.refusal(Math.max(1, this.options.resetMs * PROBE_SHARE));
      this.probing = true;
    }
    return this.generation;
  }

  /** How a call ended that `admit` let through. */
  report(admission: number, health: CallHealth): void {
    if (health === 'throttled') this.pace = Math.min(MAX_PACE_MS, Math.max(FIRST_PACE_MS, this.pace * 2));
    if (health === 'answered' && this.pace > 0) this.pace = this.pace <= FIRST_PACE_MS ? 0 : this.pace / 2;
    // A call from before the rest tells nothing of the endpoint now.
    if (admission === this.generation) this.judge(health);
  }

  private judge(health: CallHealth): void {
    // Every rest begins a generation, so in one that rests there is no call but the probe.
    const probe = this.restUntil !== undefined;
    if (probe) this.probing = false;
    switch (health) {
      case 'unknown':
        return;
      case 'answered':
      case 'throttled':
        this.failuresInRow = 0;
        if (probe) this.turn(undefined);
        return;
      case 'down':
        this.failuresInRow++;
        if (probe || this.failuresInRow >= this.options.failures) this.turn(this.now() + this.options.resetMs);
    }
  }

  private turn(restUntil: number | undefined): void {
    this.restUntil = restUntil;
    this.failuresInRow = 0;
    this.generation++;
  }

  private refusal(retryAfterMs: number): StoreError {
    return new StoreError('unavailable', 'The endpoint does not answer and is given a rest', {
      backendCode: CIRCUIT_OPEN,
      retryAfterMs: Math.ceil(retryAfterMs),
    });
  }
}
