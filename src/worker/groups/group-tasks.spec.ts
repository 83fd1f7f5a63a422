import { context, GroupWorld, signal, splitInto, untilAlive } from '../../../test/support/group-world.js';
import { taskKeys, taskTotals } from '../../../test/support/migration-task.js';
import { GROUP, rule } from '../../../test/support/task-group-events.js';
import {
  RetryTaskGroup,
  StartTaskGroup,
  StopTaskGroup,
  UpdateTaskGroupBandwidthPolicy,
} from '../../task-groups/task-group.commands.js';
import { BeginTaskRun, FailTask, RecordTaskPage, StartTask, StopTask, TakeTask } from '../../tasks/task.commands.js';

const stop = new StopTaskGroup('p', GROUP, context);
const start = new StartTaskGroup('p', GROUP, taskKeys(2), context);
const retry = (failedOnly: boolean) => new RetryTaskGroup('p', GROUP, taskKeys(2), failedOnly, context);

const statusOf = async (world: GroupWorld) => (await world.group()).status;

describe('a group that is started', () => {
  it('resumes its paused tasks with the new keys, and forgets the old ones', async () => {
    const world = await splitInto(3);
    await world.take(0, 'succeed');
    await world.take(1, 'fail');
    await world.ask(stop);
    while ((await statusOf(world)) === 'pausing') await world.driver.pause(GROUP, signal);
    await world.ask(start);
    await untilAlive(world, () => world.tasks.tell(GROUP, signal));
    expect(await world.statuses()).toEqual(['succeeded', 'failed', 'waiting']);
    const { task } = (await world.members())[2] ?? {};
    expect(task).toMatchObject({ credentials: taskKeys(2), run: { number: 1 } });
    expect([...world.sealed].sort()).toEqual(['d2', 's2']);
    expect((await world.group()).orders).toEqual([]);
  });

  it('leaves alone a task that was stopped by itself since', async () => {
    const world = await splitInto(2);
    const [first] = await world.members();
    await world.runTask(new StopTask('p', first?.taskId ?? '', context));
    await world.tasks.tell(GROUP, signal);
    expect(await world.statuses()).toEqual(['paused', 'waiting']);
  });

  it('keeps keys that a task runs on with', async () => {
    const world = await splitInto(2);
    await world.ask(stop);
    while ((await statusOf(world)) === 'pausing') await world.driver.pause(GROUP, signal);
    const [first] = await world.members();
    await world.runTask(new StartTask('p', first?.taskId ?? '', taskKeys(1), false, context));
    await world.ask(start);
    await world.tasks.tell(GROUP, signal);
    expect([...world.sealed].sort()).toEqual(['d1', 'd2', 's1', 's2']);
  });
});

describe('a group that is retried', () => {
  const failedTwice = async (code: string) => {
    const world = await splitInto(3);
    await world.take(0, 'succeed');
    await world.take(1, 'fail', code);
    await world.take(2, 'fail', code);
    await world.driver.settle(GROUP, signal);
    return world;
  };

  it('starts its failed tasks again, whatever dies on the way', async () => {
    const world = await failedTwice('TRF.0155');
    await world.ask(retry(false));
    await untilAlive(world, () => world.tasks.tell(GROUP, signal));
    expect(await world.statuses()).toEqual(['succeeded', 'waiting', 'waiting']);
    expect(await statusOf(world)).toBe('monitoring');
    expect((await world.members()).map(({ task }) => task.status !== 'absent' && task.run.mode)).toEqual([
      'all',
      'all',
      'all',
    ]);
  });

  it('with all objects where no failed ones are recorded', async () => {
    const world = await failedTwice('TRF.0062');
    await world.ask(retry(true));
    await world.tasks.tell(GROUP, signal);
    expect(await world.statuses()).toEqual(['succeeded', 'waiting', 'waiting']);
  });

  it('with those objects alone that are recorded as failed', async () => {
    const world = await splitInto(1);
    const [{ taskId } = { taskId: '' }] = await world.members();
    await world.runTask(new TakeTask(taskId, 'w', context));
    await world.runTask(new BeginTaskRun(taskId, 1, '20260115080000000', 1, context));
    const page = { page: 1, cursor: 'c', totals: taskTotals(3, 0, 2), lists: ['success', 'failed'] as const };
    await world.runTask(new RecordTaskPage(taskId, 1, page, context));
    await world.runTask(new FailTask(taskId, 1, 'TRF.0062', 'objects failed', context));
    await world.driver.settle(GROUP, signal);
    await world.ask(retry(true));
    await world.tasks.tell(GROUP, signal);
    const [{ task } = { task: undefined }] = await world.members();
    expect(task).toMatchObject({ status: 'waiting', run: { number: 2, mode: 'failed' } });
  });

  it('is not told twice: what fails again stays failed', async () => {
    const world = await failedTwice('TRF.0155');
    await world.ask(retry(false));
    await world.tasks.tell(GROUP, signal);
    await world.take(1, 'fail');
    await world.tasks.tell(GROUP, signal);
    expect(await world.statuses()).toEqual(['succeeded', 'failed', 'waiting']);
  });

  it('does not end before its tasks were told', async () => {
    const world = await failedTwice('TRF.0155');
    await world.ask(retry(false));
    await world.driver.settle(GROUP, signal);
    expect(await statusOf(world)).toBe('monitoring');
  });
});

describe('new traffic rules', () => {
  const update = new UpdateTaskGroupBandwidthPolicy('p', GROUP, [rule], context);
  const policies = async (world: GroupWorld) =>
    (await world.members()).map(({ task }) => (task.status === 'absent' ? [] : task.bandwidthPolicy));

  it('reach every task that has not succeeded, whatever dies on the way', async () => {
    const world = await splitInto(4);
    await world.take(0, 'succeed');
    await world.take(1, 'fail');
    await world.take(2);
    await world.ask(update);
    await untilAlive(world, () => world.tasks.tell(GROUP, signal));
    expect(await policies(world)).toEqual([[], [rule], [rule], [rule]]);
  });

  it('reach the tasks of a paused group', async () => {
    const world = await splitInto(1);
    await world.ask(stop);
    while ((await statusOf(world)) === 'pausing') await world.driver.pause(GROUP, signal);
    await world.ask(update);
    await world.tasks.tell(GROUP, signal);
    expect(await policies(world)).toEqual([[rule]]);
    expect(await world.statuses()).toEqual(['paused']);
  });
});
