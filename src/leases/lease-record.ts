import type { Clock } from '../kernel/clock.js';
import type { Log } from '../kernel/log.js';
import type { LeaseStatus } from './leases.js';

/** What is known of one lease in this process: for its status, and told to the log where it changes. */
export class LeaseRecord {
  private state: LeaseStatus['state'] = 'waiting';
  private since: string;
  private error: string | undefined;
  private outOfReach = false;

  constructor(
    private readonly name: string,
    private readonly clock: Clock,
    private readonly log: Log,
  ) {
    this.since = clock.now().toISOString();
  }

  status(): LeaseStatus {
    const { name, state, since, error } = this;
    return { name, state, since, error };
  }

  held(): void {
    this.become('held');
    this.error = undefined;
    this.log.info({ lease: this.name }, 'lease held');
  }

  ended(): void {
    this.become('waiting');
    this.log.info({ lease: this.name }, 'lease no longer held');
  }

  /** The lease is lost, whatever the work does about it. */
  lost(reason: Error): void {
    this.become('waiting');
    this.log.warn({ lease: this.name, err: reason }, 'lease lost');
  }

  workFailed(error: unknown): void {
    this.error = textOf(error);
    this.log.error({ lease: this.name, err: error }, 'the work under a lease failed; it will be started again');
  }

  /** Told once, until the store answers again. */
  storeFailed(error: unknown): void {
    this.error = textOf(error);
    if (!this.outOfReach) this.log.warn({ lease: this.name, err: error }, 'a lease cannot be asked for or renewed');
    this.outOfReach = true;
  }

  storeAnswered(): void {
    if (!this.outOfReach) return;
    this.outOfReach = false;
    this.error = undefined;
    this.log.info({ lease: this.name }, 'the lease can be asked for again');
  }

  private become(state: LeaseStatus['state']): void {
    if (this.state !== state) this.since = this.clock.now().toISOString();
    this.state = state;
  }
}

const textOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
