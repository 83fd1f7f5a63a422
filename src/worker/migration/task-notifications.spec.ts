import { ReadStore } from '../../read-store/read-store.js';
import { ReactorHost } from '../../projections/reactor-host.js';
import { ProjectionHost } from '../../projections/projection-host.js';
import { silentLog } from '../../kernel/log.js';
import { TaskWorld } from '../../../test/support/task-world.js';
import { until } from '../../../test/support/until.js';
import { CompleteTask, FailTask, StartTask, TakeTask } from '../../tasks/task.commands.js';
import { TaskQueries } from '../../tasks/task-queries.js';
import type { TaskNotification } from '../../tasks/task.settings.js';
import { taskViewProjection } from '../../tasks/task-view.projection.js';
import type { NotificationError, Notification } from './notifier.js';
import { TaskNotifications } from './task-notifications.js';

const context = { correlationId: 'c', actor: 'test' };
const notification: TaskNotification = {
  topicUrn: 'urn:t',
  conditions: ['SUCCESS', 'FAILURE'],
  language: 'en-us',
  templateName: 'short',
};

describe('messages about tasks', () => {
  let world: TaskWorld;
  let views: ReadStore;
  let projections: ProjectionHost;
  let sent: Notification[];
  let answer: NotificationError | undefined;
  let hosts: ReactorHost[];

  beforeEach(() => {
    world = new TaskWorld();
    views = new ReadStore(':memory:');
    projections = new ProjectionHost(world.events, views);
    projections.register(taskViewProjection);
    projections.start();
    [sent, answer, hosts] = [[], undefined, []];
  });
  afterEach(async () => {
    for (const host of hosts) await host.stop();
    await projections.stop();
    views.close();
    await world.events.close();
  });

  /** A process that has the duty. */
  const start = (checkpoints = views): ReactorHost => {
    const deliver = (message: Notification) => {
      sent.push(message);
      return Promise.resolve(answer);
    };
    const templates = { short: '{Task_Name} {Task_Status} {Transferred_Data}' };
    const tasks = new TaskQueries(views);
    const host = new ReactorHost(world.events, checkpoints);
    host.register(
      new TaskNotifications(world.events, world.commands, tasks, { deliver }, templates, silentLog).reactor,
    );
    hosts.push(host);
    host.start();
    return host;
  };
  const take = async (taskId: string) => {
    await world.run(taskId, new TakeTask(taskId, 'w', context));
    return (await world.task(taskId)).take;
  };
  const fail = async (taskId: string) =>
    world.run(taskId, new FailTask(taskId, await take(taskId), 'TRF.0157', 'why', context));
  const caughtUp = async () => {
    const head = (await world.events.head()) ?? 0n;
    const passed = ({ position = 0n }: { readonly position: bigint | undefined }) => position >= head;
    await until(() => hosts.every((host) => host.status().every(passed)));
  };
  const told = async (taskId: string) => (await world.eventsOf(taskId, 'TaskNotified')).map(({ data }) => data);

  it('are sent for every run that ends, and how that went is recorded', async () => {
    const taskId = await world.create({ settings: { notification } });
    await fail(taskId);
    await world.run(taskId, new StartTask('p', taskId, await world.keys(), false, context));
    await world.run(taskId, new CompleteTask(taskId, await take(taskId), context));
    answer = 'OMS.0156';
    start();
    await until(async () => (await told(taskId)).length === 2);
    expect(sent.map(({ message }) => message)).toEqual([
      expect.stringMatching(/ Failed 0 B$/),
      expect.stringMatching(/ Succeeded 0 B$/),
    ]);
    expect(new Set(sent.map(({ messageId }) => messageId)).size).toBe(2);
    expect(await told(taskId)).toMatchObject([
      { run: 1, delivered: false, errorCode: 'OMS.0156', topicUrn: 'urn:t' },
      { run: 2, delivered: false, errorCode: 'OMS.0156' },
    ]);
  });

  it('are not sent again by a process that reads the log anew', async () => {
    const taskId = await world.create({ settings: { notification } });
    await fail(taskId);
    await start().stop();
    hosts.pop();
    start();
    await caughtUp();
    const elsewhere = new ReadStore(':memory:');
    start(elsewhere);
    await caughtUp();
    expect([sent.length, (await told(taskId)).length]).toEqual([1, 1]);
    elsewhere.close();
  });

  it('are sent only under the conditions that were asked for, and not for the tasks of a group', async () => {
    const onSuccess = await world.create({ settings: { notification: { ...notification, conditions: ['SUCCESS'] } } });
    const without = await world.create();
    const ofGroup = await world.create({ settings: { notification }, groupId: 'g' });
    for (const taskId of [onSuccess, without, ofGroup]) await fail(taskId);
    start();
    await caughtUp();
    expect(sent).toEqual([]);
    expect(await told(onSuccess)).toEqual([]);
  });
});
