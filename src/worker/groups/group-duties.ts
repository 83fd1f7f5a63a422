import { hasEnded } from '../../kernel/has-ended.js';
import type { Log } from '../../kernel/log.js';
import { SystemTime, type MonotonicTime } from '../../kernel/monotonic-time.js';
import { backoffMs, type RetryPolicy } from '../../kernel/retry.js';
import { GROUP_STATUS } from '../../task-groups/task-group.state.js';
import type { GroupAtWork, TaskGroupQueries } from '../../task-groups/task-groups.queries.js';
import type { GroupDriver } from './group-driver.js';
import type { GroupNotices } from './group-notices.js';
import type { GroupPlanner } from './group-planner.js';
import type { GroupTasks } from './group-tasks.js';

/** The lease under which they are done. */
export const GROUP_DUTIES = 'task-groups';

const POLL_MS = 250;
/** Groups that are split, and looked after, at once. The others wait, the oldest first. */
const PLANS_AT_ONCE = 4;
const LOOKED_AFTER_AT_ONCE = 16;
/** Waits after a failure, such as an event store that is out of reach. */
const PATIENCE: RetryPolicy = { attempts: Infinity, baseDelayMs: 500, maxDelayMs: 30_000 };

interface Running {
  readonly abort: AbortController;
  readonly ended: Promise<void>;
}

/** What one worker at a time does for all task groups: splits them, drives their tasks, and ends them. */
export class GroupDuties {
  private readonly plans = new Map<string, Running>();
  private readonly looks = new Map<string, Promise<void>>();
  private readonly failures = new Map<string, { readonly count: number; readonly untilMs: number }>();

  constructor(
    private readonly groups: Pick<TaskGroupQueries, 'atWork'>,
    private readonly planner: Pick<GroupPlanner, 'plan'>,
    private readonly tasks: Pick<GroupTasks, 'tell'>,
    private readonly driver: Pick<GroupDriver, 'pause' | 'settle' | 'delete'>,
    private readonly notices: Pick<GroupNotices, 'send'>,
    private readonly log: Log,
    private readonly time: MonotonicTime = new SystemTime(),
  ) {}

  /** Does them until the signal aborts, and resolves when all has ended. May be run again, not twice at once. */
  async run(signal: AbortSignal): Promise<void> {
    const failed = new AbortController();
    const until = AbortSignal.any([signal, failed.signal]);
    try {
      while (!hasEnded(until)) {
        this.look(until);
        await this.time.wait(POLL_MS, until);
      }
    } finally {
      failed.abort();
      await Promise.all([...[...this.plans.values()].map(({ ended }) => ended), ...this.looks.values()]);
      this.failures.clear();
    }
  }

  /** Begins what is due for every group; nothing twice. */
  private look(signal: AbortSignal): void {
    const atWork = this.groups.atWork();
    const known = new Set(atWork.map(({ id }) => id));
    for (const id of this.failures.keys()) if (!known.has(id)) this.failures.delete(id);
    const planning = new Set(atWork.filter(isToBePlanned).map(({ id }) => id));
    for (const [id, { abort }] of this.plans) if (!planning.has(id)) abort.abort();
    for (const group of atWork) {
      if (this.isResting(group.id)) continue;
      if (planning.has(group.id) && !this.plans.has(group.id) && this.plans.size < PLANS_AT_ONCE)
        this.begin(group.id, signal);
      if (!this.looks.has(group.id) && this.looks.size < LOOKED_AFTER_AT_ONCE) this.lookAfter(group, signal);
    }
  }

  private begin(groupId: string, signal: AbortSignal): void {
    const abort = new AbortController();
    const until = AbortSignal.any([signal, abort.signal]);
    const ended = this.guarded(groupId, until, () => this.planner.plan(groupId, until)).then(() => {
      this.plans.delete(groupId);
    });
    this.plans.set(groupId, { abort, ended });
  }

  private lookAfter(group: GroupAtWork, signal: AbortSignal): void {
    const look = this.guarded(group.id, signal, () => this.advance(group, signal)).then(() => {
      this.looks.delete(group.id);
    });
    this.looks.set(group.id, look);
  }

  private async advance(group: GroupAtWork, signal: AbortSignal): Promise<void> {
    const { id, status } = group;
    if (group.hasOrders === 1) await this.tasks.tell(id, signal);
    if (group.hasNews === 1) await this.notices.send(id, signal);
    if (isToBePlanned(group)) return;
    await this.plans.get(id)?.ended;
    signal.throwIfAborted();
    if (status === GROUP_STATUS.monitoring && group.openParts <= 0) await this.driver.settle(id, signal);
    // Whoever pauses was asked to: there is nothing to do but to wait.
    if (group.goingTasks === 0 && group.pausingTasks > 0) return;
    if (status === GROUP_STATUS.pausing) await this.driver.pause(id, signal);
    if (status === GROUP_STATUS.deleting) await this.driver.delete(id, signal);
  }

  /** Never rejects: what failed is tried again after a growing wait. */
  private async guarded(groupId: string, signal: AbortSignal, work: () => Promise<void>): Promise<void> {
    try {
      await work();
      this.failures.delete(groupId);
    } catch (error) {
      if (hasEnded(signal)) return;
      const count = (this.failures.get(groupId)?.count ?? 0) + 1;
      this.failures.set(groupId, { count, untilMs: this.time.nowMs() + backoffMs(PATIENCE, Math.min(count, 16)) });
      this.log.warn({ err: error, groupId, count }, 'the work for a task group failed and is tried again');
    }
  }

  private isResting(groupId: string): boolean {
    const failure = this.failures.get(groupId);
    return failure !== undefined && failure.untilMs > this.time.nowMs();
  }
}

const isToBePlanned = ({ status }: GroupAtWork): boolean =>
  status === GROUP_STATUS.waiting || status === GROUP_STATUS.planning;
