import { context, GroupWorld, signal, splitInto, untilAlive } from '../../../test/support/group-world.js';
import { taskKeys } from '../../../test/support/migration-task.js';
import { GROUP } from '../../../test/support/task-group-events.js';
import { DeleteTaskGroup, StopTaskGroup } from '../../task-groups/task-group.commands.js';
import { ConfirmTaskPaused, StartTask, StopTask } from '../../tasks/task.commands.js';

const stop = new StopTaskGroup('p', GROUP, context);
const remove = new DeleteTaskGroup('p', GROUP, context);

const statusOf = async (world: GroupWorld) => (await world.group()).status;
const planFiles = (world: GroupWorld) => world.buckets.keys('to').filter((key) => key.includes('/plan/'));

describe('a pausing group', () => {
  it('stops what waits and what runs, and is paused once all of it is still', async () => {
    const world = await splitInto(4);
    await world.take(0);
    await world.take(1, 'succeed');
    await world.take(2, 'fail');
    await world.ask(stop);
    await untilAlive(world, () => world.driver.pause(GROUP, signal));
    expect(await world.statuses()).toEqual(['pausing', 'succeeded', 'failed', 'paused']);
    expect(await statusOf(world)).toBe('pausing');
    const [first] = await world.members();
    await world.runTask(new ConfirmTaskPaused(first?.taskId ?? '', 1, context));
    await untilAlive(world, () => world.driver.pause(GROUP, signal));
    expect(await statusOf(world)).toBe('paused');
  });

  it('is none any more when somebody was faster', async () => {
    const world = await splitInto(1);
    await world.driver.pause(GROUP, signal);
    expect(await world.statuses()).toEqual(['waiting']);
  });
});

describe('the end of a group', () => {
  it('is completed once all tasks have succeeded, and its plan is removed', async () => {
    const world = await splitInto(2);
    await world.take(0, 'succeed');
    await world.driver.settle(GROUP, signal);
    expect(await statusOf(world)).toBe('monitoring');
    await world.take(1, 'succeed');
    await untilAlive(world, () => world.driver.settle(GROUP, signal));
    expect(await statusOf(world)).toBe('completed');
    expect(planFiles(world)).toEqual([]);
  });

  it.each([
    [['TRF.0155', 'TRF.0155'], 'TRF.0155'],
    [['TRF.0155', 'TRF.0062'], 'TRF.0062'],
  ])('is failed once no task is open and some failed: %j gives %s', async (codes, code) => {
    const world = await splitInto(3);
    for (const [index, reason] of codes.entries()) await world.take(index, 'fail', reason);
    await world.driver.settle(GROUP, signal);
    expect(await statusOf(world)).toBe('monitoring');
    await world.take(2, 'succeed');
    await world.driver.settle(GROUP, signal);
    const { events } = await world.events.read(`taskGroup-${GROUP}`);
    expect(events.at(-1)).toMatchObject({
      type: 'TaskGroupFailed',
      data: { code, message: '2 of 3 tasks failed; the first one: because' },
    });
    expect(planFiles(world)).toHaveLength(3);
  });

  it('waits for a task that is paused by itself', async () => {
    const world = await splitInto(1);
    const [first] = await world.members();
    await world.runTask(new StopTask('p', first?.taskId ?? '', context));
    await world.driver.settle(GROUP, signal);
    expect(await statusOf(world)).toBe('monitoring');
  });

  it('comes also where the plan cannot be removed', async () => {
    const world = await splitInto(1);
    await world.take(0, 'succeed');
    world.sealed.clear();
    await world.driver.settle(GROUP, signal);
    expect(await statusOf(world)).toBe('completed');
  });
});

describe('a group that is deleted', () => {
  it('goes with its tasks, its plan and its keys, whatever dies on the way', async () => {
    const world = await splitInto(3);
    await world.take(0, 'succeed');
    await world.take(1, 'fail');
    await world.take(2, 'fail');
    await world.driver.settle(GROUP, signal);
    await world.ask(remove);
    for (let pass = 0; pass < 2; pass++) await untilAlive(world, () => world.driver.delete(GROUP, signal));
    expect(await statusOf(world)).toBe('deleted');
    expect(await world.statuses()).toEqual(['deleted', 'deleted', 'deleted']);
    expect(planFiles(world)).toEqual([]);
    expect([...world.sealed].sort()).toEqual(['d2', 's2']); // never its own
  });

  it('first waits for what still runs', async () => {
    const world = await splitInto(2);
    await world.take(0);
    await world.ask(stop);
    await world.driver.pause(GROUP, signal);
    const [first, second] = await world.members();
    await world.runTask(new ConfirmTaskPaused(first?.taskId ?? '', 1, context));
    await world.driver.pause(GROUP, signal);
    // Started by itself, while the group is paused.
    await world.runTask(new StartTask('p', second?.taskId ?? '', taskKeys(1), false, context));
    await world.take(1);
    await world.ask(remove);
    await world.driver.delete(GROUP, signal);
    expect(await world.statuses()).toEqual(['paused', 'pausing']);
    expect(planFiles(world)).toHaveLength(2);
  });

  it('that never had a task goes as well', async () => {
    const world = new GroupWorld();
    await world.create();
    await world.ask(stop);
    await world.ask(remove);
    await world.driver.delete(GROUP, signal);
    expect(await statusOf(world)).toBe('deleted');
  });
});
