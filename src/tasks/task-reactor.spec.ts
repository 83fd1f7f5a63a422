import { ManualClock } from '../../test/support/manual-clock.js';
import { newTask, PROJECT_ID, TASK_ID, taskKeys } from '../../test/support/migration-task.js';
import { until } from '../../test/support/until.js';
import { CommandRunner } from '../event-store/command-runner.js';
import { MemoryEventStore } from '../event-store/memory/memory-event-store.js';
import { EventSchemas } from '../event-store/upcast.js';
import { timeOrderedId } from '../kernel/ids.js';
import { ReactorHost } from '../projections/reactor-host.js';
import { ReadStore } from '../read-store/read-store.js';
import { taskGroupStream } from '../task-groups/task-group.events.js';
import { CREDENTIAL_EVENT_SCHEMAS } from '../vault/credential.events.js';
import { MasterKeys } from '../vault/master-keys.js';
import { Vault } from '../vault/vault.js';
import { TASK_EVENT_SCHEMAS } from './event-schemas.js';
import { CreateTask, DeleteTask, StartTask, StopTask, type TaskCommand } from './task.commands.js';
import { taskDecider } from './task.decider.js';
import { TASK_STREAMS, taskStream } from './task.events.js';
import type { TaskCredentials } from './task.settings.js';
import { refsOf } from './task-credentials.js';
import { TaskReactor } from './task-reactor.js';

const context = { correlationId: 'c', actor: 'test' };

describe('the keys of a task', () => {
  let events: MemoryEventStore;
  let vault: Vault;
  let commands: CommandRunner;
  let views: ReadStore;
  let host: ReactorHost;
  let closed: string[];

  beforeEach(() => {
    const clock = new ManualClock();
    const schemas = new EventSchemas(TASK_EVENT_SCHEMAS, CREDENTIAL_EVENT_SCHEMAS);
    events = new MemoryEventStore({ schemas });
    vault = new Vault(events, clock, new MasterKeys(Buffer.alloc(32, 1).toString('base64'), 'test'), schemas);
    commands = new CommandRunner(events, clock, schemas);
    views = new ReadStore(':memory:');
    host = new ReactorHost(events, views);
    closed = [];
    const reactor = new TaskReactor(events, vault, (refs) => {
      closed.push(...refs);
      return Promise.resolve();
    });
    host.register(reactor.reactor);
  });
  afterEach(async () => {
    await host.stop();
    await events.close();
    views.close();
  });

  const sealed = async (): Promise<TaskCredentials> => {
    const pointer = async () => {
      const { ref, fingerprint } = await vault.seal({ accessKey: 'a', secretKey: 's' });
      return { ref, fingerprint };
    };
    return { source: await pointer(), destination: await pointer(), cdn: await pointer() };
  };
  const run = async (...all: readonly TaskCommand[]): Promise<void> => {
    for (const command of all) await commands.run(taskDecider, taskStream(command.taskId), command);
  };
  const create = (credentials: TaskCredentials, groupId: string | null = null) =>
    new CreateTask(PROJECT_ID, TASK_ID, { ...newTask, credentials, groupId }, context);
  const stop = new StopTask(PROJECT_ID, TASK_ID, context);
  const start = (credentials: TaskCredentials) => new StartTask(PROJECT_ID, TASK_ID, credentials, false, context);
  const remove = new DeleteTask(PROJECT_ID, TASK_ID, context, true);

  /** Reacts to all there is; how many of these keys are left then. */
  const left = async (...all: readonly TaskCredentials[]): Promise<readonly number[]> => {
    let last = 0n;
    for await (const { position } of events.readAll(undefined, [TASK_STREAMS])) last = position;
    host.start();
    await until(() => (host.status()[0]?.position ?? 0n) >= last);
    const counts: number[] = [];
    for (const credentials of all) {
      const kept = await Promise.all(refsOf(credentials).map((ref) => vault.has(ref)));
      counts.push(kept.filter(Boolean).length);
    }
    return counts;
  };
  const inGroup = async (groupId: string, credentials: TaskCredentials): Promise<void> => {
    const metadata = { correlationId: 'c', actor: 'test', schemaVersion: 1 };
    const event = { id: timeOrderedId(), type: 'TaskGroupStarted', data: { groupId, credentials, at: '' }, metadata };
    await events.append(taskGroupStream(groupId), 'any', [event]);
  };

  it('stay while nothing replaces them', async () => {
    const first = await sealed();
    await run(create(first), stop);
    expect(await left(first)).toEqual([3]);
  });

  it('are forgotten once a start replaced them, and what they opened is closed', async () => {
    const [first, second] = [await sealed(), await sealed()];
    await run(create(first), stop, start(second));
    expect(await left(first, second)).toEqual([0, 3]);
    expect(closed).toEqual(refsOf(first));
  });

  it('are all forgotten with the task', async () => {
    const [first, second] = [await sealed(), await sealed()];
    await run(create(first), stop, start(second), stop, remove);
    expect(await left(first, second)).toEqual([0, 0]);
  });

  it('stay where they are those of its group; its own go', async () => {
    const [ofGroup, renewed, own] = [await sealed(), await sealed(), await sealed()];
    await inGroup('g', ofGroup);
    await inGroup('g', renewed);
    await run(create(ofGroup, 'g'), stop, start(own), stop, start(renewed), stop, remove);
    expect(await left(ofGroup, renewed, own)).toEqual([3, 3, 0]);
  });

  it('may be gone already', async () => {
    await run(create(taskKeys(1)), stop, remove);
    expect(await left(taskKeys(1))).toEqual([0]);
  });
});
