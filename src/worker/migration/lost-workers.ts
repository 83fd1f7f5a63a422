import type { CommandRunner } from '../../event-store/command-runner.js';
import { timeOrderedId } from '../../kernel/ids.js';
import type { Log } from '../../kernel/log.js';
import type { Leases } from '../../leases/leases.js';
import { ReleaseTask } from '../../tasks/task.commands.js';
import { taskDecider } from '../../tasks/task.decider.js';
import { taskStream } from '../../tasks/task.events.js';
import type { OpenTasks } from './open-tasks.js';
import { whenStoreAnswers } from './task-record.js';

/** The lease that a worker process has as long as it may run tasks. */
export const workerLease = (worker: string): string => `task-worker-${worker}`;

/** Workers that are waited for at once: each costs a look at its lease every second or so. */
const MAX_WATCHED = 64;

/**
 * Waits for the leases of the other workers that have tasks. Whoever gets the lease of a worker knows that it is dead, or has
 * ended, and lets its tasks go, so that they wait for another.
 */
export class LostWorkers {
  private readonly watched = new Map<string, { readonly stop: AbortController; readonly ended: Promise<void> }>();

  constructor(
    private readonly leases: Leases,
    private readonly commands: CommandRunner,
    private readonly open: OpenTasks,
    private readonly log: Log,
  ) {}

  /** From now on these are waited for and no others; some wait for their turn when they are very many. */
  watch(workers: ReadonlySet<string>): void {
    for (const [worker, { stop }] of this.watched) if (!workers.has(worker)) stop.abort();
    for (const worker of workers) {
      if (this.watched.size >= MAX_WATCHED) return;
      if (!this.watched.has(worker)) this.begin(worker);
    }
  }

  /** Resolves when nobody is waited for any more. */
  async end(): Promise<void> {
    const waits = [...this.watched.values()];
    for (const { stop } of waits) stop.abort();
    await Promise.all(waits.map(({ ended }) => ended));
  }

  private begin(worker: string): void {
    const stop = new AbortController();
    const ended = this.leases
      .hold(workerLease(worker), (signal) => this.release(worker, signal), stop.signal)
      .finally(() => this.watched.delete(worker));
    this.watched.set(worker, { stop, ended });
  }

  private async release(worker: string, signal: AbortSignal): Promise<void> {
    for (const { taskId } of this.open.running().filter((row) => row.worker === worker))
      await whenStoreAnswers(() => this.releaseOne(worker, taskId), signal);
  }

  private async releaseOne(worker: string, taskId: string): Promise<void> {
    const { state } = await this.commands.load(taskDecider, taskStream(taskId));
    if (state.status === 'absent' || state.worker !== worker) return;
    const context = { correlationId: timeOrderedId(), actor: 'worker' };
    const command = new ReleaseTask(taskId, state.take, 'lost', context);
    const { events } = await this.commands.run(taskDecider, taskStream(taskId), command, { metadata: context });
    if (events.length > 0) this.log.warn({ taskId, worker }, 'migration task taken from a worker that is gone');
  }
}
