import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import { hasEnded } from '../../kernel/has-ended.js';
import type { Leases } from '../../leases/leases.js';
import { workerLease } from './lost-workers.js';

/** What a session does while it has its lease: until one of the signals aborts, and then until nothing of it is under way. */
export type SessionWork = (worker: string, lease: AbortSignal, stop: AbortSignal) => Promise<void>;

/** No two sessions have the same, in no process; begins with what tells people where it is. */
export const newWorkerId = (): string =>
  `${hostname().replace(/[^A-Za-z0-9.-]/g, '-')}-${process.pid}-${randomBytes(6).toString('hex')}`;

/**
 * Runs the tasks of this process under a lease that is its alone: whoever gets it later knows that all of them have ended.
 * A lost lease ends the session, and another one begins under a new name.
 */
export class WorkerSessions {
  private readonly stopping = new AbortController();
  /** Nothing may be recorded any more. */
  private readonly late = new AbortController();
  private running: Promise<void> = Promise.resolve();

  constructor(
    private readonly leases: Leases,
    private readonly work: SessionWork,
    private readonly newId: () => string = newWorkerId,
  ) {}

  start(): void {
    this.running = this.run();
  }

  /** Lets the tasks end in good order for at most `timeoutMs`; what is late is let go as it is. */
  async stop(timeoutMs: number): Promise<void> {
    const timer = setTimeout(() => this.late.abort(new Error('The service stops')), timeoutMs);
    this.stopping.abort(new Error('The service stops'));
    await this.running;
    clearTimeout(timer);
  }

  private async run(): Promise<void> {
    while (!hasEnded(this.stopping.signal)) await this.session(this.newId());
  }

  /** A stop ends the wait for the lease at once, but the lease itself only when the tasks have ended in good order. */
  private async session(worker: string): Promise<void> {
    const over = new AbortController();
    let atWork = false;
    const giveUp = () => {
      if (!atWork) over.abort();
    };
    this.stopping.signal.addEventListener('abort', giveUp, { once: true });
    const underLease = async (held: AbortSignal): Promise<void> => {
      atWork = true;
      try {
        await this.work(worker, AbortSignal.any([held, this.late.signal]), this.stopping.signal);
        over.abort();
      } finally {
        atWork = false;
      }
    };
    await this.leases.hold(workerLease(worker), underLease, over.signal);
    this.stopping.signal.removeEventListener('abort', giveUp);
  }
}
