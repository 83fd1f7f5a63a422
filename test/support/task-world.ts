import { randomId } from '../../src/kernel/ids.js';
import { CommandRunner } from '../../src/event-store/command-runner.js';
import { MemoryEventStore } from '../../src/event-store/memory/memory-event-store.js';
import { EventSchemas } from '../../src/event-store/upcast.js';
import { LEASE_EVENT_SCHEMAS } from '../../src/leases/lease.events.js';
import { MemoryBuckets } from '../../src/object-store/memory/memory-buckets.js';
import { TASK_EVENT_SCHEMAS } from '../../src/tasks/event-schemas.js';
import { CreateTask, type NewTask, type TaskCommand } from '../../src/tasks/task.commands.js';
import { taskDecider, type Task } from '../../src/tasks/task.decider.js';
import { taskStream, type TaskEvent } from '../../src/tasks/task.events.js';
import type { TaskCredentials, TaskSettings } from '../../src/tasks/task.settings.js';
import { CREDENTIAL_EVENT_SCHEMAS } from '../../src/vault/credential.events.js';
import { MasterKeys } from '../../src/vault/master-keys.js';
import { Vault } from '../../src/vault/vault.js';
import { ManualClock } from './manual-clock.js';
import { ManualTime } from './manual-time.js';
import { newTask, PROJECT_ID, taskSettings } from './migration-task.js';

const MASTER_KEY = Buffer.alloc(32, 5).toString('base64');
const context = { correlationId: 'c', actor: 'test' };

export type TaskChange = Partial<Omit<NewTask, 'settings'>> & { readonly settings?: Partial<TaskSettings> };

/** What the processes of a cluster share: the log, the buckets `from` and `to`, and, in a test, the time. */
export class TaskWorld {
  readonly schemas = new EventSchemas(TASK_EVENT_SCHEMAS, CREDENTIAL_EVENT_SCHEMAS, LEASE_EVENT_SCHEMAS);
  readonly clock = new ManualClock();
  readonly time = new ManualTime();
  /** Apart, so that nothing is copied server-side. */
  readonly sources = new MemoryBuckets(['from'], this.clock);
  readonly buckets = new MemoryBuckets(['to'], this.clock);
  readonly events = new MemoryEventStore({ schemas: this.schemas });
  readonly commands = new CommandRunner(this.events, this.clock, this.schemas);
  readonly vault = this.vaultOver(this.events);
  private lastId = 190_000_000_000_000;

  vaultOver(events: MemoryEventStore): Vault {
    return new Vault(events, this.clock, new MasterKeys(MASTER_KEY, 'test'), this.schemas);
  }

  /** Objects of the source, each with its key as its content. */
  write(...keys: readonly string[]): void {
    for (const key of keys) this.sources.write('from', key, Buffer.from(key));
  }

  async keys(): Promise<TaskCredentials> {
    const seal = async () => {
      const { ref, fingerprint } = await this.vault.seal({ accessKey: 'a', secretKey: 's' });
      return { ref, fingerprint };
    };
    return { source: await seal(), destination: await seal(), cdn: null };
  }

  /** A task over the whole source; answers its id. Every task is younger than the one before. */
  async create({ settings, ...change }: TaskChange = {}): Promise<string> {
    const taskId = String(++this.lastId);
    const source = { ...taskSettings.source, objectKeys: [''] };
    const task: NewTask = {
      ...newTask,
      credentials: await this.keys(),
      ...change,
      settings: { ...taskSettings, source, ...settings },
    };
    await this.run(taskId, new CreateTask(PROJECT_ID, taskId, task, context));
    return taskId;
  }

  async run(taskId: string, command: TaskCommand): Promise<readonly TaskEvent[]> {
    return (await this.commands.run(taskDecider, taskStream(taskId), command, { commandId: randomId() })).events;
  }

  async task(taskId: string): Promise<Exclude<Task, { status: 'absent' }>> {
    const { state } = await this.commands.load(taskDecider, taskStream(taskId));
    if (state.status === 'absent') throw new Error(`There is no task ${taskId}`);
    return state;
  }

  async eventsOf<T extends TaskEvent['type']>(taskId: string, type: T): Promise<Extract<TaskEvent, { type: T }>[]> {
    const { events } = await this.events.read<TaskEvent>(taskStream(taskId));
    return events.filter((event): event is typeof event & Extract<TaskEvent, { type: T }> => event.type === type);
  }

  /** Names and contents at the destination, without the service's own files. */
  copies(): Readonly<Record<string, string>> {
    return Object.fromEntries(this.files((key) => !key.startsWith('oms/')));
  }

  /** The service's own files at the destination. */
  lists(): ReadonlyMap<string, string> {
    return new Map(this.files((key) => key.startsWith('oms/')));
  }

  /** Lets time pass, step by step, until it holds; gives up after two minutes of it. */
  async until(holds: () => boolean | Promise<boolean>): Promise<void> {
    for (let passedMs = 0; !(await holds()); passedMs += 100) {
      if (passedMs > 120_000) throw new Error(`Waited in vain for: ${holds.toString()}`);
      await this.pass(100);
    }
  }

  async pass(ms: number): Promise<void> {
    this.clock.advance(ms);
    await this.time.advance(ms);
    await new Promise((resolve) => setImmediate(resolve));
  }

  async untilStatus(taskId: string, status: Task['status']): Promise<void> {
    await this.until(async () => (await this.task(taskId)).status === status);
  }

  private files(wanted: (key: string) => boolean): [string, string][] {
    const { objects } = this.buckets.bucket('to');
    const keys = this.buckets.keys('to').filter(wanted);
    return keys.map((key) => [key, objects.get(key)?.content.toString() ?? '']);
  }
}
