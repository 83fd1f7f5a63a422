import { OmsError, type OmsErrorKind } from '../../kernel/oms-error.js';
import { RecordGroupTasksTold } from '../../task-groups/task-group.commands.js';
import type { GroupOrder, KnownTaskGroup, TaskGroupStatus } from '../../task-groups/task-group.state.js';
import { CreateTask, DeleteTask, StartTask, StopTask, UpdateTaskBandwidthPolicy } from '../../tasks/task.commands.js';
import { inParallel } from '../../transfer/in-parallel.js';
import type { GroupCensus, GroupHistory, GroupPart, GroupTask } from './group-census.js';
import { contextOf, type Execute } from './group-commands.js';
import { groupNameOf } from './group-files.js';
import { GroupLock } from './group-lock.js';

/** Commands on their way at once. */
const CONCURRENCY = 8;

/** The states in which the tasks of a group run. */
const AT_WORK: ReadonlySet<TaskGroupStatus> = new Set(['waiting', 'planning', 'monitoring']);
const OPEN: ReadonlySet<GroupTask['status']> = new Set(['waiting', 'migrating', 'pausing', 'paused']);
const UNDER_WAY: ReadonlySet<GroupTask['status']> = new Set(['waiting', 'migrating', 'pausing']);
const GONE: ReadonlySet<GroupTask['status']> = new Set(['absent', 'deleted']);

/** The task has no usable list of what failed: all of it is migrated again. */
const NO_FAILED_LIST: ReadonlySet<OmsErrorKind> = new Set(['FAILED_LIST_NOT_FOUND', 'FAILED_LIST_INCOMPLETE']);

/** Where sealed keys are; the vault. */
export interface KeyRing {
  has(ref: string): Promise<boolean>;
  forget(ref: string): Promise<void>;
}

/** What a group has its tasks do, by commands only. Every call can be repeated and be cut off anywhere. */
export class GroupTasks {
  /** A task is made with what its group asks for, or is told of it: nothing may come between looking and making. */
  private readonly lock = new GroupLock();

  constructor(
    private readonly census: GroupCensus,
    private readonly execute: Execute,
    private readonly keys: KeyRing,
  ) {}

  /** Makes the task of a recorded part; one that exists stays as it is. */
  create(groupId: string, part: Pick<GroupPart, 'chunk' | 'taskId' | 'piece'>): Promise<void> {
    return this.lock.run(groupId, async () => {
      const { group } = await this.census.group(groupId);
      if (group.status === 'absent' || group.status === 'deleted') return;
      const { projectId, settings, credentials, bandwidthPolicy } = group;
      const name = `${groupNameOf(groupId, settings)}-${part.chunk}`;
      const task = { name, settings, credentials, priority: 'MEDIUM' as const, bandwidthPolicy, groupId };
      const { taskId, piece } = part;
      await this.execute(new CreateTask(projectId, taskId, { ...task, piece }, contextOf(groupId)));
    });
  }

  /** Makes the tasks of those recorded parts that have none. */
  async createMissing(groupId: string, signal: AbortSignal): Promise<void> {
    const { parts } = await this.census.group(groupId);
    for (const { part, status } of await this.census.tasks(parts, signal))
      if (status === 'absent') await this.create(groupId, part);
  }

  /** Tells the tasks what was asked of their group since they were told last. */
  tell(groupId: string, signal: AbortSignal): Promise<void> {
    return this.lock.run(groupId, async () => {
      const history = await this.census.group(groupId);
      const { group, parts } = history;
      if (group.status === 'absent' || !canBeTold(group)) return;
      const tasks = await this.census.tasks(parts, signal);
      await inParallel(tasks, CONCURRENCY, signal, (task) => this.tellTask(groupId, group, task));
      await this.forgetReplacedKeys(history, signal);
      await this.execute(new RecordGroupTasksTold(groupId, group.ordersGiven, contextOf(groupId)));
    });
  }

  /** Asks those that run, or wait to, to stop. True when there was none. */
  async areStill(group: KnownTaskGroup, groupId: string, tasks: readonly GroupTask[], signal: AbortSignal) {
    const toStop = tasks.filter(({ status }) => status === 'waiting' || status === 'migrating');
    await inParallel(toStop, CONCURRENCY, signal, ({ part }) =>
      this.attempt(new StopTask(group.projectId, part.taskId, contextOf(groupId))),
    );
    return !tasks.some(({ status }) => UNDER_WAY.has(status));
  }

  /** Asks those that are there to go; they must be still. True when there was none. */
  async areGone(group: KnownTaskGroup, groupId: string, tasks: readonly GroupTask[], signal: AbortSignal) {
    const toDelete = tasks.filter(({ status }) => !GONE.has(status));
    await inParallel(toDelete, CONCURRENCY, signal, ({ part }) =>
      this.attempt(new DeleteTask(group.projectId, part.taskId, contextOf(groupId), true)),
    );
    return toDelete.length === 0;
  }

  /** Forgets every key the group ever had. */
  async forgetKeys({ credentials }: Pick<GroupHistory, 'credentials'>): Promise<void> {
    for (const ref of new Set(credentials)) if (await this.keys.has(ref)) await this.keys.forget(ref);
  }

  private async tellTask(groupId: string, group: KnownTaskGroup, { part, status }: GroupTask): Promise<void> {
    const { projectId, bandwidthPolicy, credentials, orders } = group;
    if (GONE.has(status) || status === 'succeeded') return;
    const { taskId } = part;
    const context = contextOf(groupId);
    if (orders.some(({ kind }) => kind === 'bandwidth'))
      await this.attempt(new UpdateTaskBandwidthPolicy(projectId, taskId, bandwidthPolicy, context));
    const start = (failedOnly: boolean) =>
      this.attempt(new StartTask(projectId, taskId, credentials, failedOnly, context));
    if (status === 'paused' && orders.some(({ kind }) => kind === 'resume')) await start(false);
    const retry = orders.findLast(isRetry);
    if (status !== 'failed' || retry === undefined) return;
    const refused = await start(retry.failedOnly);
    if (refused !== undefined && NO_FAILED_LIST.has(refused)) await start(false);
  }

  /**
   * Runs a command that a task may refuse because it is not in the state any more that it was seen in: what was wanted has
   * then happened, or the next look finds out. Answers the refusal.
   */
  private async attempt(command: Parameters<Execute>[0]): Promise<OmsErrorKind | undefined> {
    try {
      await this.execute(command);
      return undefined;
    } catch (error) {
      if (error instanceof OmsError) return error.kind;
      throw error;
    }
  }

  /** Keys that a start replaced go, but for those of tasks that run on with them. */
  private async forgetReplacedKeys({ group, parts, credentials }: GroupHistory, signal: AbortSignal): Promise<void> {
    if (group.status === 'absent') return;
    const { source, destination, cdn } = group.credentials;
    const kept = new Set([source?.ref, destination.ref, cdn?.ref]);
    if (credentials.every((ref) => kept.has(ref))) return;
    for (const task of await this.census.tasks(parts, signal))
      if (OPEN.has(task.status)) for (const ref of task.credentials) kept.add(ref);
    await this.forgetKeys({ credentials: credentials.filter((ref) => !kept.has(ref)) });
  }
}

/** Tasks of a group that is paused or has ended are not started; new traffic rules are for them too. */
const canBeTold = ({ status, orders }: KnownTaskGroup): boolean =>
  orders.length > 0 && (AT_WORK.has(status) || orders.every(({ kind }) => kind === 'bandwidth'));

const isRetry = (order: GroupOrder): order is Extract<GroupOrder, { kind: 'retry' }> => order.kind === 'retry';
