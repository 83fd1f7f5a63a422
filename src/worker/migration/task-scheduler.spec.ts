import { PauseUntil } from '../../../test/support/pause-until.js';
import { TaskWorker, TTL_MS, type TaskWorkerOptions } from '../../../test/support/task-worker.js';
import { TaskWorld } from '../../../test/support/task-world.js';
import { until } from '../../../test/support/until.js';
import { StopTask, UpdateTaskPriority } from '../../tasks/task.commands.js';

const context = { correlationId: 'c', actor: 'test' };

describe('worker processes', () => {
  let world: TaskWorld;
  let workers: TaskWorker[];

  beforeEach(() => {
    world = new TaskWorld();
    workers = [];
    world.write('a', 'b', 'c', 'd');
  });
  afterEach(async () => {
    for (const worker of workers) await worker.close();
    await world.events.close();
  });

  const start = (name: string, options?: TaskWorkerOptions): TaskWorker => {
    const worker = new TaskWorker(world, name, options);
    workers.push(worker);
    return worker.start();
  };
  /** Tasks in the order in which they were taken. */
  const takenOf = async (...taskIds: readonly string[]) => {
    const taken: { readonly taskId: string; readonly worker: string; readonly position: bigint }[] = [];
    for await (const { type, data, position } of world.events.readAll(undefined, ['task-']))
      if (type === 'TaskTaken' && 'taskId' in data && 'worker' in data)
        taken.push({ taskId: String(data.taskId), worker: String(data.worker), position });
    return taken.filter(({ taskId }) => taskIds.includes(taskId));
  };

  it('take urgent tasks first, and of equal ones the oldest', async () => {
    const low = await world.create({ priority: 'LOW' });
    const older = await world.create();
    const younger = await world.create();
    const high = await world.create({ priority: 'HIGH' });
    const raised = await world.create({ priority: 'LOW' });
    await world.run(raised, new UpdateTaskPriority('p', raised, 'HIGH', context));
    start('one', { slots: 1 });
    const all = [low, older, younger, high, raised];
    await world.until(async () => (await takenOf(...all)).length === 5);
    expect((await takenOf(...all)).map(({ taskId }) => taskId)).toEqual([high, raised, older, younger, low]);
  });

  it('begin a task as soon as they see it, without waiting for a time of their own', async () => {
    start('one');
    await world.pass(1000);
    const beforeMs = world.time.nowMs();
    const taskId = await world.create();
    await until(async () => (await world.task(taskId)).status === 'succeeded');
    expect(world.time.nowMs()).toBe(beforeMs);
  });

  it('run no more tasks at once than they have places for, and all between them', async () => {
    const [one, two] = [start('one', { slots: 2 }), start('two', { slots: 1 })];
    const holds = workers.map(({ faults }) => new PauseUntil(faults, 'open', 'c'));
    const tasks = [await world.create(), await world.create(), await world.create(), await world.create()];
    await world.until(() => one.running.size === 2 && two.running.size === 1);
    await world.pass(2000);
    expect([one.running.size, two.running.size]).toEqual([2, 1]);
    for (const task of tasks) await world.run(task, new StopTask('p', task, context)).catch(() => undefined);
    await world.until(() => one.running.size === 0 && two.running.size === 0);
    for (const hold of holds) hold.end();
    expect(new Set((await takenOf(...tasks)).map(({ taskId }) => taskId)).size).toBe(3);
  });

  it('take over what a dead one ran, and go on behind its last recorded page', async () => {
    const dying = start('dying');
    const held = new PauseUntil(dying.faults, 'open', 'c');
    const taskId = await world.create();
    await world.until(async () => held.isReached && (await world.task(taskId)).run.page === 1);
    const heir = start('heir');
    dying.cutOff();
    await world.untilStatus(taskId, 'succeeded');
    const taken = await world.eventsOf(taskId, 'TaskTaken');
    expect(taken.map(({ data }) => [data.worker, data.take])).toEqual([
      ['dying-1', 1],
      ['heir-1', 2],
    ]);
    expect(await world.eventsOf(taskId, 'TaskReleased')).toMatchObject([{ data: { reason: 'lost' } }]);
    const [first, second] = taken.map(({ data }) => Date.parse(data.at));
    expect((second ?? 0) - (first ?? 0)).toBeLessThan(30_000);
    expect(world.copies()).toEqual({ a: 'a', b: 'b', c: 'c', d: 'd' });
    expect(heir.faults.calls.filter(({ operation }) => operation === 'open').map(({ key }) => key)).not.toContain('a');
    expect((await world.task(taskId)).run.totals).toMatchObject({ succeededNum: 4, skippedNum: 0 });
  });

  it('stop what they run before another may begin it, when they cannot reach the event store', async () => {
    const lost = start('lost');
    new PauseUntil(lost.faults, 'open', 'c');
    const taskId = await world.create();
    await world.until(() => lost.running.size === 1);
    const heir = start('heir');
    new PauseUntil(heir.faults, 'open', 'c');
    lost.cutOff();
    let bothAtOnce = false;
    await world.until(() => {
      bothAtOnce ||= lost.running.has(taskId) && heir.running.has(taskId);
      return heir.running.has(taskId);
    });
    expect([bothAtOnce, lost.running.size]).toEqual([false, 0]);
  });

  it('begin again under another name after they lost their lease', async () => {
    const worker = start('w');
    const hold = new PauseUntil(worker.faults, 'open', 'c');
    const taskId = await world.create();
    await world.until(() => worker.running.size === 1);
    worker.cutOff();
    await world.until(() => worker.running.size === 0);
    hold.end();
    worker.reconnect();
    await world.untilStatus(taskId, 'succeeded');
    expect((await world.eventsOf(taskId, 'TaskTaken')).map(({ data }) => data.worker)).toEqual(['w-1', 'w-2']);
  });

  it('give their tasks to others when they stop, at once', async () => {
    const leaving = start('leaving');
    new PauseUntil(leaving.faults, 'open', 'c');
    const taskId = await world.create();
    await world.until(async () => (await world.task(taskId)).run.page === 1);
    start('staying');
    await leaving.close();
    workers.shift();
    expect((await world.eventsOf(taskId, 'TaskReleased')).map(({ data }) => data.reason)).toEqual(['stopping']);
    const beforeMs = world.time.nowMs();
    await world.untilStatus(taskId, 'succeeded');
    expect(world.time.nowMs() - beforeMs).toBeLessThan(TTL_MS / 2);
  });

  it('make a paused task of one that was pausing when its worker died', async () => {
    const dying = start('dying');
    new PauseUntil(dying.faults, 'open', 'c');
    const taskId = await world.create();
    await world.until(() => dying.running.size === 1);
    dying.cutOff();
    await world.run(taskId, new StopTask('p', taskId, context));
    start('heir');
    await world.untilStatus(taskId, 'paused');
    expect(await world.eventsOf(taskId, 'TaskPaused')).toHaveLength(1);
  });
});
