import type { CommandRunner } from '../../event-store/command-runner.js';
import type { EventStore } from '../../event-store/event-store.port.js';
import type { Clock } from '../../kernel/clock.js';
import { hasEnded } from '../../kernel/has-ended.js';
import { timeOrderedId } from '../../kernel/ids.js';
import type { Log } from '../../kernel/log.js';
import type { MonotonicTime } from '../../kernel/monotonic-time.js';
import { FailTask } from '../../tasks/task.commands.js';
import { taskDecider } from '../../tasks/task.decider.js';
import { taskStream, type TaskEvent } from '../../tasks/task.events.js';
import type { OpenTasks } from './open-tasks.js';
import { TRF } from './trf.js';

const LOOK_MS = 60_000;
const AT_ONCE = 100;
const DAY_MS = 86_400_000;

/** Since one of these a waiting task waits. */
const BEGINS_TO_WAIT: ReadonlySet<TaskEvent['type']> = new Set(['TaskCreated', 'TaskStarted', 'TaskReleased']);

/** Fails tasks that no worker took within the time they have. */
export class OverdueTasks {
  constructor(
    private readonly events: EventStore,
    private readonly commands: CommandRunner,
    private readonly open: Pick<OpenTasks, 'waitingSince'>,
    private readonly clock: Clock,
    private readonly time: MonotonicTime,
    private readonly log: Log,
    private readonly timeoutDays: number,
  ) {}

  /** Looks every minute until the signal aborts. */
  async run(signal: AbortSignal): Promise<void> {
    while (!hasEnded(signal)) {
      await this.failOverdue().catch((error: unknown) =>
        this.log.warn({ err: error }, 'tasks that wait too long could not be looked for; trying again'),
      );
      await this.time.wait(LOOK_MS, signal);
    }
  }

  async failOverdue(): Promise<void> {
    const beforeMs = this.clock.now().getTime() - this.timeoutDays * DAY_MS;
    for (const taskId of this.open.waitingSince(beforeMs, AT_ONCE)) await this.failOne(taskId, beforeMs);
  }

  /** The view may be behind: what counts is in the log. */
  private async failOne(taskId: string, beforeMs: number): Promise<void> {
    const { events } = await this.events.read<TaskEvent>(taskStream(taskId));
    const since = events.findLast(({ type }) => BEGINS_TO_WAIT.has(type));
    if (since === undefined || Date.parse(since.data.at) >= beforeMs) return;
    const context = { correlationId: timeOrderedId(), actor: 'worker' };
    const message = `No worker was free for it within ${this.timeoutDays} days`;
    const command = new FailTask(taskId, 0, TRF.WAITED_TOO_LONG, message, context);
    const failed = await this.commands.run(taskDecider, taskStream(taskId), command, { metadata: context });
    if (failed.events.length > 0) this.log.warn({ taskId, code: TRF.WAITED_TOO_LONG }, 'migration task failed');
  }
}
