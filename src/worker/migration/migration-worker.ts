import type { Leases } from '../../leases/leases.js';
import { GROUP_DUTIES } from '../groups/group-duties.js';
import type { MigrationDuties } from './migration-duties.js';
import type { MigrationObserver } from './run-sink.js';
import type { WorkerSessions } from './worker-session.js';

/** Told what the tasks of a process do. */
export interface MigrationWorkerObserver extends MigrationObserver {
  /** A task is at work until the promise resolves. */
  running(ended: Promise<void>): void;
}

/** The part of a worker process that runs migration tasks, and does the duties of all such workers while it has their lease. */
export class MigrationWorker {
  private readonly stopDuties = new AbortController();
  private holding: Promise<void> = Promise.resolve();

  constructor(
    private readonly sessions: WorkerSessions,
    private readonly leases: Leases,
    private readonly duties: MigrationDuties,
  ) {}

  start(): void {
    this.sessions.start();
    this.holding = this.leases.hold(GROUP_DUTIES, (held) => this.duties.run(held), this.stopDuties.signal);
  }

  /** Lets its tasks go, each where it is recorded, for others to go on with; for at most `timeoutMs`. */
  async stop(timeoutMs: number): Promise<void> {
    this.stopDuties.abort(new Error('The service stops'));
    await Promise.all([this.sessions.stop(timeoutMs), this.holding]);
  }
}
