import { TaskWorker } from '../../../test/support/task-worker.js';
import { TaskWorld } from '../../../test/support/task-world.js';
import { until } from '../../../test/support/until.js';
import { silentLog } from '../../kernel/log.js';
import { StartTask, StopTask, TakeTask } from '../../tasks/task.commands.js';
import { OverdueTasks } from './overdue-tasks.js';

const context = { correlationId: 'c', actor: 'test' };
const DAY_MS = 86_400_000;

describe('tasks that nobody takes', () => {
  let world: TaskWorld;
  let worker: TaskWorker;

  beforeEach(() => {
    world = new TaskWorld();
    worker = new TaskWorker(world, 'w');
    worker.projections.start();
  });
  afterEach(async () => {
    await worker.close();
    await world.events.close();
  });

  const look = async () => {
    const head = (await world.events.head()) ?? 0n;
    await until(() => worker.projections.status().every(({ position = 0n }) => position >= head));
    const { clock, time } = world;
    await new OverdueTasks(world.events, world.commands, worker.open, clock, time, silentLog, 2).failOverdue();
  };

  it('fail after the time they have, and no others', async () => {
    const old = await world.create();
    const taken = await world.create();
    await world.run(taken, new TakeTask(taken, 'w', context));
    world.clock.advance(2 * DAY_MS);
    await look();
    expect((await world.task(old)).status).toBe('waiting');
    const young = await world.create();
    world.clock.advance(1);
    await look();
    expect((await world.task(old)).run.failure?.code).toBe('TRF.0003');
    expect([(await world.task(taken)).status, (await world.task(young)).status]).toEqual(['migrating', 'waiting']);
  });

  it('have all of it again after a start', async () => {
    const taskId = await world.create();
    world.clock.advance(DAY_MS);
    await world.run(taskId, new StopTask('p', taskId, context));
    await world.run(taskId, new StartTask('p', taskId, await world.keys(), false, context));
    world.clock.advance(1.5 * DAY_MS);
    await look();
    expect((await world.task(taskId)).status).toBe('waiting');
  });

  it('are spared where only the view says that they wait for so long', async () => {
    const taskId = await world.create();
    world.clock.advance(3 * DAY_MS);
    await look();
    await world.run(taskId, new StartTask('p', taskId, await world.keys(), false, context));
    const stale = { waitingSince: () => [taskId] };
    const { clock, time } = world;
    await new OverdueTasks(world.events, world.commands, stale, clock, time, silentLog, 2).failOverdue();
    expect((await world.task(taskId)).status).toBe('waiting');
  });
});
