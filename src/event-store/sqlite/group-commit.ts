import { CommitPacer } from '../../kernel/commit-pacer.js';
import { EventStoreUnavailable, WrongRevision } from '../event-store.port.js';
import { EventIdTaken } from '../expectation.js';

/** What a write costs towards the bounds: events and bytes. */
export interface Weight {
  readonly events: number;
  readonly bytes: number;
}

export interface GroupCommitBounds {
  /** Events in one transaction. */
  readonly maxBatch: number;
  /** Events and bytes that may wait; more is refused. */
  readonly maxPending: number;
  readonly maxPendingBytes: number;
}

export interface Transactions {
  begin(): void;
  commit(): void;
  rollback(): void;
  /** Called after each successful commit, before the writers learn of it. */
  committed(): void;
}

interface Job {
  readonly weight: Weight;
  readonly run: () => unknown;
  readonly resolve: (value: never) => void;
  readonly reject: (error: unknown) => void;
}

const MAX_BATCH_BYTES = 16 * 1024 * 1024;

/** Many writers, one transaction, one fsync. */
export class GroupCommit {
  private pending: Job[] = [];
  private pendingEvents = 0;
  private pendingBytes = 0;
  private readonly pacer = new CommitPacer(
    () => this.pending.length,
    () => this.flush(),
  );
  private closed = false;

  constructor(
    private readonly transactions: Transactions,
    private readonly bounds: GroupCommitBounds,
  ) {}

  /**
   * Runs `work` in the next transaction and resolves once it is durable. `work` may refuse with `WrongRevision` or
   * `EventIdTaken` before it writes anything: then only it fails. Any other failure fails the whole transaction.
   */
  submit<T>(weight: Weight, work: () => T): Promise<T> {
    const refusal = this.refusal(weight);
    if (refusal) return Promise.reject(refusal);
    this.pendingEvents += weight.events;
    this.pendingBytes += weight.bytes;
    return new Promise<T>((resolve, reject) => {
      this.pending.push({ weight, run: work, resolve, reject });
      this.pacer.schedule();
    });
  }

  /** Refuses new work and commits what was accepted. */
  close(): void {
    this.closed = true;
    while (this.pending.length > 0) this.flush();
  }

  private refusal({ events, bytes }: Weight): EventStoreUnavailable | undefined {
    if (this.closed) return new EventStoreUnavailable('The event store is closed');
    if (this.pending.length === 0) return undefined; // whatever its size, one write alone is taken
    const { maxPending, maxPendingBytes } = this.bounds;
    if (this.pendingEvents + events <= maxPending && this.pendingBytes + bytes <= maxPendingBytes) return undefined;
    return new EventStoreUnavailable('Too many appends are waiting for the event store');
  }

  /** Commits one batch and answers how many writes it held. */
  private flush(): number {
    const batch = this.takeBatch();
    if (batch.length === 0) return 0;
    const settle: (() => void)[] = [];
    try {
      this.transactions.begin();
      for (const job of batch) settle.push(runJob(job));
      this.transactions.commit();
    } catch (error) {
      this.transactions.rollback();
      const failure = new EventStoreUnavailable('The event store could not commit', { cause: error });
      for (const job of batch) job.reject(failure);
      return batch.length;
    }
    this.transactions.committed();
    for (const finish of settle) finish();
    return batch.length;
  }

  private takeBatch(): Job[] {
    let events = 0;
    let bytes = 0;
    let count = 0;
    for (const { weight } of this.pending) {
      if (count > 0 && (events + weight.events > this.bounds.maxBatch || bytes + weight.bytes > MAX_BATCH_BYTES)) break;
      events += weight.events;
      bytes += weight.bytes;
      count++;
    }
    this.pendingEvents -= events;
    this.pendingBytes -= bytes;
    const batch = this.pending.slice(0, count);
    this.pending = this.pending.slice(count);
    return batch;
  }
}

function runJob(job: Job): () => void {
  try {
    const value = job.run() as never;
    return () => job.resolve(value);
  } catch (error) {
    if (!(error instanceof WrongRevision) && !(error instanceof EventIdTaken)) throw error;
    return () => job.reject(error);
  }
}
