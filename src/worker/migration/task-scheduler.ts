import type { CommandRunner } from '../../event-store/command-runner.js';
import { hasEnded } from '../../kernel/has-ended.js';
import { timeOrderedId } from '../../kernel/ids.js';
import type { Log } from '../../kernel/log.js';
import type { MonotonicTime } from '../../kernel/monotonic-time.js';
import { TakeTask } from '../../tasks/task.commands.js';
import { taskDecider } from '../../tasks/task.decider.js';
import { taskStream } from '../../tasks/task.events.js';
import type { BandwidthRule } from '../../tasks/task.settings.js';
import type { LostWorkers } from './lost-workers.js';
import type { OpenTasks, RunningRow } from './open-tasks.js';

/** One task at work in this process. */
export interface TaskAtWork {
  readonly taskId: string;
  readonly take: number;
  /** Resolves, never rejects, when nothing of it is under way and its end is recorded, as far as that can be. */
  readonly ended: Promise<void>;
  /** Its caller wants it to pause. */
  pause(): void;
  /** The process stops: another worker goes on with it. */
  stop(): void;
  /** It is another worker's by now: nothing of it is recorded any more. */
  letGo(): void;
  limit(rules: readonly BandwidthRule[]): void;
}

/** Begins to run a task that was taken. The signal aborts when nothing may be recorded any more. */
export type RunTask = (taskId: string, take: number, lease: AbortSignal) => TaskAtWork;

export interface SchedulerParts {
  readonly open: OpenTasks;
  /** Has the function called whenever the view of the tasks has changed; answers what ends that. */
  readonly watch: (call: () => void) => () => void;
  readonly commands: CommandRunner;
  readonly runTask: RunTask;
  readonly others: LostWorkers;
  readonly time: MonotonicTime;
  readonly log: Log;
  readonly slots: number;
}

const ROUND_MS = 300;
/** A view that changes all the time is not looked at more often. */
const MIN_ROUND_MS = 20;
/** A task that could not be had is left alone until the view has surely moved on. */
const MISSED_MS = 1000;

/** Takes waiting tasks while it has room, runs them, and passes on to them what their callers want meanwhile. */
export class TaskScheduler {
  private readonly atWork = new Map<string, TaskAtWork>();
  private readonly missed = new Map<string, number>();
  private rest = new AbortController();
  private outOfReach = false;

  constructor(
    /** Unique to this session of this process. */
    private readonly worker: string,
    private readonly parts: SchedulerParts,
  ) {}

  /**
   * Works until one of the signals aborts, and resolves when nothing of it is under way any more. `stop` ends the tasks in
   * good order, each released for another worker; `lease` says that nothing may be recorded any more.
   */
  async run(lease: AbortSignal, stop: AbortSignal): Promise<void> {
    const { time, watch } = this.parts;
    const until = AbortSignal.any([lease, stop]);
    const wake = (): void => this.rest.abort();
    const unwatch = watch(wake);
    until.addEventListener('abort', wake, { once: true });
    while (!hasEnded(until)) {
      const nextMs = time.nowMs() + MIN_ROUND_MS;
      this.rest = new AbortController();
      await this.round(lease, until).then(
        () => (this.outOfReach = false),
        (error: unknown) => this.tellOutage(error),
      );
      await time.wait(ROUND_MS, this.rest.signal);
      const earlyMs = nextMs - time.nowMs();
      if (earlyMs > 0) await time.wait(earlyMs, until);
    }
    unwatch();
    const ending = [...this.atWork.values()];
    for (const task of ending) task.stop();
    await Promise.all([this.parts.others.end(), ...ending.map(({ ended }) => ended)]);
  }

  /** Told once, until a round goes well again. */
  private tellOutage(error: unknown): void {
    if (!this.outOfReach) this.parts.log.warn({ err: error }, 'migration tasks cannot be taken; trying again');
    this.outOfReach = true;
  }

  private async round(lease: AbortSignal, until: AbortSignal): Promise<void> {
    this.forgetMissed();
    const rows = this.parts.open.running();
    this.parts.others.watch(new Set(rows.map(({ worker }) => worker).filter((worker) => worker !== this.worker)));
    for (const row of rows) await this.attend(row, lease);
    while (this.atWork.size < this.parts.slots && !hasEnded(until)) {
      const taskId = this.nextWaiting();
      if (taskId === undefined) return;
      await this.take(taskId, lease);
    }
  }

  private forgetMissed(): void {
    const beforeMs = this.parts.time.nowMs() - MISSED_MS;
    for (const [taskId, atMs] of this.missed) if (atMs <= beforeMs) this.missed.delete(taskId);
  }

  /** Tells a task of ours what the view shows of it. */
  private async attend(row: RunningRow, lease: AbortSignal): Promise<void> {
    const task = this.atWork.get(row.taskId);
    if (task === undefined) {
      if (row.worker === this.worker && !this.missed.has(row.taskId)) await this.adopt(row.taskId, lease);
      return;
    }
    if (row.take > task.take) task.letGo();
    if (row.take !== task.take) return;
    task.limit(row.bandwidthPolicy);
    if (row.pausing) task.pause();
  }

  private nextWaiting(): string | undefined {
    const { open, slots } = this.parts;
    // What is at work or was missed may still look as if it waits.
    return open
      .waiting(slots + this.missed.size + this.atWork.size)
      .find((taskId) => !this.atWork.has(taskId) && !this.missed.has(taskId));
  }

  private async take(taskId: string, lease: AbortSignal): Promise<void> {
    const context = { correlationId: timeOrderedId(), actor: 'worker' };
    const command = new TakeTask(taskId, this.worker, context);
    // Until it is known better, so that a task whose taking fails does not keep others from their turn.
    this.missed.set(taskId, this.parts.time.nowMs());
    const { events } = await this.parts.commands.run(taskDecider, taskStream(taskId), command, { metadata: context });
    const [taken] = events;
    if (taken?.type === 'TaskTaken') this.begin(taskId, taken.data.take, lease);
  }

  /** The answer to our taking it was lost, or the view is behind: what counts is in the log. */
  private async adopt(taskId: string, lease: AbortSignal): Promise<void> {
    const { state } = await this.parts.commands.load(taskDecider, taskStream(taskId));
    if (state.status === 'absent' || state.worker !== this.worker || this.atWork.has(taskId)) return;
    this.begin(taskId, state.take, lease);
  }

  private begin(taskId: string, take: number, lease: AbortSignal): void {
    const task = this.parts.runTask(taskId, take, lease);
    this.atWork.set(taskId, task);
    void task.ended.then(() => {
      if (this.atWork.get(taskId) === task) this.atWork.delete(taskId);
      this.missed.set(taskId, this.parts.time.nowMs());
      this.rest.abort();
    });
  }
}
