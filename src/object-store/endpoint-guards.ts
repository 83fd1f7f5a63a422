import { Semaphore } from '../kernel/semaphore.js';
import { type BreakerOptions, CircuitBreaker } from './circuit-breaker.js';

export interface EndpointGuardOptions {
  readonly readConcurrency: number;
  readonly writeConcurrency: number;
  readonly breaker: BreakerOptions;
}

/** Requests in flight at one endpoint, reading and writing counted apart. */
export interface EndpointPermits {
  readonly reads: Semaphore;
  readonly writes: Semaphore;
}

/** What all stores at one endpoint share. */
export interface EndpointGuard {
  readonly permits: EndpointPermits;
  readonly breaker: CircuitBreaker;
}

interface Leased {
  readonly guard: EndpointGuard;
  users: number;
}

/** The limits and breakers by endpoint, so that they hold across stores. One per process. */
export class EndpointGuards {
  private readonly leased = new Map<string, Leased>();

  constructor(
    private readonly options: EndpointGuardOptions,
    private readonly now?: () => number,
  ) {}

  /** The guard of an endpoint, kept until everyone who took it has given it back. */
  lease(endpoint: string): { readonly guard: EndpointGuard; readonly release: () => void } {
    const entry = this.leased.get(endpoint) ?? { guard: this.create(), users: 0 };
    this.leased.set(endpoint, entry);
    entry.users++;
    let released = false;
    const release = (): void => {
      if (released) return;
      released = true;
      if (--entry.users === 0) this.leased.delete(endpoint);
    };
    return { guard: entry.guard, release };
  }

  /** Endpoints in use, with the state of their breakers and the permits taken; for metrics and health. */
  states(): readonly { endpoint: string; breaker: CircuitBreaker['state']; reads: number; writes: number }[] {
    return [...this.leased].map(([endpoint, { guard }]) => ({
      endpoint,
      breaker: guard.breaker.state,
      reads: guard.permits.reads.inUse,
      writes: guard.permits.writes.inUse,
    }));
  }

  private create(): EndpointGuard {
    const { readConcurrency, writeConcurrency, breaker } = this.options;
    return {
      permits: { reads: new Semaphore(readConcurrency), writes: new Semaphore(writeConcurrency) },
      breaker: new CircuitBreaker(breaker, this.now),
    };
  }
}
