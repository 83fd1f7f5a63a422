import { Counter, type Registry } from 'prom-client';
import type { CallOutcome, StoreObserver } from './object-store/call-observer.js';
import type { StoreOperation } from './object-store/intercept-store.js';
import { type Tally, TalliedHistogram } from './tallied-histogram.js';

type Outcomes = Map<CallOutcome, Tally<'endpoint' | 'operation' | 'outcome'>>;

/** The calls of one operation at one endpoint. */
class Calls {
  readonly outcomes: Outcomes = new Map();
  bytes = 0;
}

/** The figures of the calls to object stores. Of those there are so many that they are counted here, and shown when asked for. */
export class StoreCallMetrics implements StoreObserver {
  private readonly durations: TalliedHistogram<'endpoint' | 'operation' | 'outcome'>;
  private readonly endpoints = new Map<string, Map<StoreOperation, Calls>>();

  constructor(registry: Registry) {
    const registers = [registry];
    this.durations = new TalliedHistogram({
      name: 'openoms_store_call_duration_seconds',
      help: 'Calls to object stores by endpoint, operation and how they ended',
      labelNames: ['endpoint', 'operation', 'outcome'],
      buckets: [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 30],
      registers,
    });
    const bytes: Counter<'endpoint' | 'operation'> = new Counter({
      name: 'openoms_store_bytes_total',
      help: 'Bytes of bodies read from and written to object stores',
      labelNames: ['endpoint', 'operation'],
      registers,
      collect: () => this.show(bytes),
    });
  }

  call(endpoint: string, operation: StoreOperation, outcome: CallOutcome, durationMs: number, bytes: number): void {
    const calls = this.endpoints.get(endpoint)?.get(operation) ?? this.first(endpoint, operation);
    calls.bytes += bytes;
    let tally = calls.outcomes.get(outcome);
    if (tally === undefined) {
      tally = this.durations.tally({ endpoint, operation, outcome });
      calls.outcomes.set(outcome, tally);
    }
    tally.observe(durationMs / 1000);
  }

  private first(endpoint: string, operation: StoreOperation): Calls {
    const calls = new Calls();
    const operations = this.endpoints.get(endpoint) ?? new Map<StoreOperation, Calls>();
    this.endpoints.set(endpoint, operations.set(operation, calls));
    return calls;
  }

  private show(counter: Counter<'endpoint' | 'operation'>): void {
    counter.reset();
    for (const [endpoint, operations] of this.endpoints)
      for (const [operation, { bytes }] of operations) if (bytes > 0) counter.inc({ endpoint, operation }, bytes);
  }
}
