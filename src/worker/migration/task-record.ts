import type { CommandRunner, LoadedState, RunOptions } from '../../event-store/command-runner.js';
import { EventStoreUnavailable, WrongRevision } from '../../event-store/event-store.port.js';
import { timeOrderedId } from '../../kernel/ids.js';
import { backoffMs, wait, type RetryPolicy } from '../../kernel/retry.js';
import type { CommandContext } from '../../sync-tasks/sync-task.commands.js';
import type { TaskCommand } from '../../tasks/task.commands.js';
import { taskDecider, type Task } from '../../tasks/task.decider.js';
import { taskStream } from '../../tasks/task.events.js';

/** The task is not this worker's any more: whatever it does about it is void. */
export class TaskTakenAway extends Error {
  override readonly name = 'TaskTakenAway';

  constructor(taskId: string) {
    super(`The task ${taskId} is not run by this worker any more`);
  }
}

/** Between tries while the event store is away; only the loss of the lease, or a stop, ends them. */
const PATIENCE: RetryPolicy = { attempts: Infinity, baseDelayMs: 200, maxDelayMs: 5000 };

const isOutage = (error: unknown): boolean => error instanceof EventStoreUnavailable || error instanceof WrongRevision;

/** Does `work` until the event store answers; rejects with the reason of the signal once that aborts. */
export async function whenStoreAnswers<T>(work: () => Promise<T>, signal: AbortSignal): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    signal.throwIfAborted();
    try {
      return await work();
    } catch (error) {
      if (!isOutage(error)) throw error;
      await wait(backoffMs(PATIENCE, attempt), signal);
    }
  }
}

/** A task that is there, or was. */
export type LiveTask = Exclude<Task, { readonly status: 'absent' }>;

const runningUnder = (task: Task, take: number): task is LiveTask =>
  (task.status === 'migrating' || task.status === 'pausing') && task.take === take;

/**
 * The stream of a task under one take of it. Its state is kept, so that recording a page reads nothing while nobody else
 * writes. Commands go one after the other, each until it is known to be recorded.
 */
export class TaskRecord {
  readonly context: CommandContext = { correlationId: timeOrderedId(), actor: 'worker' };
  private tail: Promise<unknown> = Promise.resolve();

  private constructor(
    private readonly commands: CommandRunner,
    readonly taskId: string,
    readonly take: number,
    private readonly signal: AbortSignal,
    private loaded: LoadedState<LiveTask>,
  ) {}

  /** Rejects with `TaskTakenAway` when another take, or none, counts. Waits for the event store until the signal aborts. */
  static async open(commands: CommandRunner, taskId: string, take: number, signal: AbortSignal): Promise<TaskRecord> {
    const loaded = await whenStoreAnswers(() => commands.load(taskDecider, taskStream(taskId)), signal);
    if (!runningUnder(loaded.state, take)) throw new TaskTakenAway(taskId);
    return new TaskRecord(commands, taskId, take, signal, { ...loaded, state: loaded.state });
  }

  /** As it stood when the last command was recorded. */
  get task(): LiveTask {
    return this.loaded.state;
  }

  /** Resolves when the command is recorded. Rejects with `TaskTakenAway`, or the reason of the signal. */
  record(command: TaskCommand): Promise<void> {
    const commandId = timeOrderedId();
    const recorded = this.tail.then(() => whenStoreAnswers(() => this.once(command, commandId), this.signal));
    this.tail = recorded.catch(() => undefined);
    return recorded;
  }

  private async once(command: TaskCommand, commandId: string): Promise<void> {
    const assumed = this.loaded;
    const stream = taskStream(this.taskId);
    const { correlationId, actor } = this.context;
    const options: RunOptions<Task> = { metadata: { correlationId, actor }, commandId, assume: assumed };
    const { events, revision } = await this.commands.run(taskDecider, stream, command, options);
    const own = typeof assumed.revision === 'bigint' ? assumed.revision + BigInt(events.length) : undefined;
    if (events.length === 0 || revision !== own) return this.look(events.length > 0);
    const state = events.reduce<Task>(taskDecider.evolve, assumed.state);
    if (state.status !== 'absent') this.loaded = { ...assumed, state, revision };
  }

  /** Reads the stream again, as others have written to it. What is not ours any more may be so because of our own command. */
  private async look(recorded: boolean): Promise<void> {
    const loaded = await this.commands.load(taskDecider, taskStream(this.taskId));
    if (loaded.state.status !== 'absent') this.loaded = { ...loaded, state: loaded.state };
    if (!recorded && !runningUnder(loaded.state, this.take)) throw new TaskTakenAway(this.taskId);
  }
}
