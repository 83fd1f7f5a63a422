import { CommandRunner } from '../../src/event-store/command-runner.js';
import { MemoryEventStore } from '../../src/event-store/memory/memory-event-store.js';
import { EventSchemas } from '../../src/event-store/upcast.js';
import { silentLog } from '../../src/kernel/log.js';
import { MemoryBuckets } from '../../src/object-store/memory/memory-buckets.js';
import { MemoryStore } from '../../src/object-store/memory/memory-store.js';
import { interceptStore, type StoreCall } from '../../src/object-store/intercept-store.js';
import type { DestinationStore, StoreLocation } from '../../src/object-store/object-store.port.js';
import { TASK_GROUP_EVENT_SCHEMAS } from '../../src/task-groups/event-schemas.js';
import {
  CreateTaskGroup,
  type TaskGroupCommand,
  type TaskGroupRequest,
} from '../../src/task-groups/task-group.commands.js';
import { taskGroupDecider } from '../../src/task-groups/task-group.decider.js';
import { taskGroupStream } from '../../src/task-groups/task-group.events.js';
import type { KnownTaskGroup } from '../../src/task-groups/task-group.state.js';
import { TASK_EVENT_SCHEMAS } from '../../src/tasks/event-schemas.js';
import { CompleteTask, FailTask, TakeTask, type TaskCommand } from '../../src/tasks/task.commands.js';
import { taskDecider, type Task } from '../../src/tasks/task.decider.js';
import { taskStream } from '../../src/tasks/task.events.js';
import type { TaskSettings } from '../../src/tasks/task.settings.js';
import { parseManifestLine } from '../../src/transfer/migration/manifest.js';
import { VaultError } from '../../src/vault/vault-error.js';
import { GroupCensus } from '../../src/worker/groups/group-census.js';
import { GroupDriver } from '../../src/worker/groups/group-driver.js';
import { GroupPlanner } from '../../src/worker/groups/group-planner.js';
import { GroupStores } from '../../src/worker/groups/group-stores.js';
import { GroupTasks } from '../../src/worker/groups/group-tasks.js';
import { ManualClock } from './manual-clock.js';
import { taskKeys, taskSettings } from './migration-task.js';
import { GROUP } from './task-group-events.js';

export class Crash extends Error {}

const context = { correlationId: 'test', actor: 'test' };
const signal = new AbortController().signal;

/** Task groups, their tasks and buckets in memory, and a worker that dies on command. */
export class GroupWorld {
  readonly buckets = new MemoryBuckets(['from', 'to', 'lists']);
  readonly sealed = new Set(['s1', 'd1', 's2', 'd2']);
  private readonly clock = new ManualClock();
  readonly events = new MemoryEventStore({ clock: this.clock });
  private readonly schemas = new EventSchemas(TASK_GROUP_EVENT_SCHEMAS, TASK_EVENT_SCHEMAS);
  readonly commands = new CommandRunner(this.events, this.clock, this.schemas);
  readonly census = new GroupCensus(this.events, this.commands);
  private readonly keys = {
    open: (ref: string) =>
      this.sealed.has(ref)
        ? Promise.resolve({ accessKey: ref, secretKey: ref })
        : Promise.reject(new VaultError('not-found', `There is no credential ${ref}`)),
    has: (ref: string) => Promise.resolve(this.sealed.has(ref)),
    forget: async (ref: string) => {
      await this.step();
      this.sealed.delete(ref);
    },
  };
  private readonly stores = new GroupStores(this.keys, (location) => this.open(location));
  readonly tasks = new GroupTasks(this.census, (command) => this.execute(command), this.keys);
  readonly driver = new GroupDriver(
    this.census,
    this.tasks,
    (command) => this.execute(command),
    this.stores,
    silentLog,
  );
  /** Writes of the worker that still happen; then it dies, and every one fails until it is alive again. */
  writesLeft = Infinity;
  /** Called before every listing and write of the worker. */
  onCall: (call: string) => Promise<void> | void = () => undefined;
  private minted = 0;

  planner(objects: number, bytes = Infinity): GroupPlanner {
    return new GroupPlanner(
      this.census,
      this.tasks,
      (command) => this.execute(command),
      this.stores,
      () => String(1_000_000 + this.minted++),
      { objects, bytes, manifestBytes: 1_000_000 },
      { retry: { attempts: 1, baseDelayMs: 1, maxDelayMs: 1 } },
      silentLog,
    );
  }

  async create(settings: Partial<TaskSettings> = {}): Promise<void> {
    await this.ask(new CreateTaskGroup('p', GROUP, { ...taskSettings, ...settings }, taskKeys(1), [], context));
  }

  /** Objects that a source bucket has. */
  seed(...keys: readonly string[]): void {
    for (const key of keys) this.buckets.write('from', key, Buffer.from(key));
  }

  listFile(key: string, content: string, contentType = 'text/plain'): void {
    this.buckets.write('lists', key, Buffer.from(content), { contentType });
  }

  /** As a caller of the API does; never dies. */
  ask(request: TaskGroupRequest): Promise<unknown> {
    return this.commands.run(taskGroupDecider, taskGroupStream(request.groupId), request);
  }

  async group(): Promise<KnownTaskGroup> {
    const { group } = await this.census.group(GROUP);
    if (group.status === 'absent') throw new Error('There is no group');
    return group;
  }

  /** The tasks of the group by the numbers of their parts. */
  async members(): Promise<readonly { readonly taskId: string; readonly task: Task }[]> {
    const { parts } = await this.census.group(GROUP);
    return Promise.all(
      parts.map(async ({ taskId }) => ({
        taskId,
        task: (await this.commands.load(taskDecider, taskStream(taskId))).state,
      })),
    );
  }

  async statuses(): Promise<readonly string[]> {
    return (await this.members()).map(({ task }) => task.status);
  }

  runTask(command: TaskCommand): Promise<unknown> {
    return this.commands.run(taskDecider, taskStream(command.taskId), command);
  }

  /** Another worker takes task number `index`, and ends it if told how. */
  async take(index: number, end?: 'succeed' | 'fail', code = 'TRF.0062'): Promise<void> {
    const { taskId = '', task } = (await this.members())[index] ?? {};
    if (task === undefined || task.status === 'absent') throw new Error(`There is no task ${index}`);
    const take = task.take + 1;
    await this.runTask(new TakeTask(taskId, 'w', context));
    if (end === 'succeed') await this.runTask(new CompleteTask(taskId, take, context));
    if (end === 'fail') await this.runTask(new FailTask(taskId, take, code, 'because', context));
  }

  /** What every task is to migrate: the keys, or lines, of its piece. */
  async pieces(): Promise<readonly (readonly string[])[]> {
    return (await this.members()).map(({ task }) => {
      if (task.status === 'absent' || task.piece === null) return [];
      const { piece } = task;
      const { content } = this.buckets.bucket(piece.kind === 'manifest' ? 'to' : 'lists').objects.get(piece.key) ?? {};
      if (content === undefined) throw new Error(`There is no ${piece.key}`);
      const bytes = piece.kind === 'manifest' ? content : content.subarray(piece.start, piece.end);
      const lines = bytes.toString().split('\n').filter(Boolean);
      return piece.kind === 'manifest' ? lines.map((line) => parseManifestLine(line)?.key ?? '?') : lines;
    });
  }

  private async execute(command: TaskGroupCommand | TaskCommand): Promise<{ readonly changed: boolean }> {
    await this.onCall(command.type);
    await this.step();
    const { events } =
      'taskId' in command
        ? await this.commands.run(taskDecider, taskStream(command.taskId), command)
        : await this.commands.run(taskGroupDecider, taskGroupStream(command.groupId), command);
    return { changed: events.length > 0 };
  }

  /** Dies before a write, or after it: then the next one fails as well. */
  private step(): Promise<void> {
    if (this.writesLeft-- <= 0) return Promise.reject(new Crash('kill -9'));
    return Promise.resolve();
  }

  private open({ bucket }: StoreLocation): DestinationStore {
    const call = async <T>(
      { operation, ...rest }: StoreCall,
      until: AbortSignal,
      proceed: (call: StoreCall, signal: AbortSignal) => Promise<T>,
    ): Promise<T> => {
      await this.onCall(operation);
      if (operation === 'put' || operation === 'delete') await this.step();
      return proceed({ operation, ...rest }, until);
    };
    return interceptStore(new MemoryStore(this.buckets, bucket), { call, open: call });
  }
}

/** A group that was split into tasks of one object each. */
export async function splitInto(tasks: number): Promise<GroupWorld> {
  const world = new GroupWorld();
  for (let index = 1; index <= tasks; index++) world.seed(`o${index}`);
  await world.create({ source: { ...taskSettings.source, objectKeys: [''] } });
  await world.planner(1).plan(GROUP, signal);
  return world;
}

/** Does `work` again and again until nobody dies on the way, a write later each time. */
export async function untilAlive(world: GroupWorld, work: () => Promise<void>): Promise<void> {
  for (let writes = 0; ; writes++) {
    world.writesLeft = writes;
    try {
      await work();
      world.writesLeft = Infinity;
      return;
    } catch (error) {
      if (!(error instanceof Crash)) throw error;
    }
  }
}

export { context, signal };
