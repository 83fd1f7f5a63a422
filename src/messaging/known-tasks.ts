import type { CommandRunner } from '../event-store/command-runner.js';
import type { Clock } from '../kernel/clock.js';
import { syncTaskDecider, type SyncTask } from '../sync-tasks/sync-task.decider.js';
import { syncTaskStream } from '../sync-tasks/sync-task.events.js';

const FRESH_MS = 1000;
const MAX_TASKS = 10_000;

/**
 * Tasks as they were loaded a moment ago, so that a burst of events does not read one stream again and again. Being a moment
 * behind is harmless: the driver asks again before it copies, and before it parks or gives up.
 */
export class KnownTasks {
  private readonly loaded = new Map<string, { readonly task: SyncTask; readonly atMs: number }>();

  constructor(
    private readonly commands: CommandRunner,
    private readonly clock: Clock,
  ) {}

  async get(syncTaskId: string): Promise<SyncTask> {
    const now = this.clock.now().getTime();
    const known = this.loaded.get(syncTaskId);
    if (known !== undefined && now - known.atMs < FRESH_MS) return known.task;
    const { state: task } = await this.commands.load(syncTaskDecider, syncTaskStream(syncTaskId));
    if (this.loaded.size >= MAX_TASKS) this.loaded.clear();
    if (task.status !== 'absent') this.loaded.set(syncTaskId, { task, atMs: now });
    return task;
  }
}
