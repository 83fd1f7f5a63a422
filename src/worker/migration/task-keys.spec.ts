import { TaskWorker } from '../../../test/support/task-worker.js';
import { TaskWorld } from '../../../test/support/task-world.js';
import { until } from '../../../test/support/until.js';
import { ReactorHost } from '../../projections/reactor-host.js';
import { ReadStore } from '../../read-store/read-store.js';
import { GroupHistory } from '../../tasks/group-history.js';
import {
  CompleteTask,
  ConfirmTaskPaused,
  DeleteTask,
  FailTask,
  RecordTaskUpload,
  StartTask,
  StopTask,
  TakeTask,
} from '../../tasks/task.commands.js';
import { refsOf } from '../../tasks/api/task-credentials.js';
import type { TaskCredentials } from '../../tasks/task.settings.js';
import { taskGroupStream } from '../../task-groups/task-group.events.js';
import { TaskKeys } from './task-keys.js';

const context = { correlationId: 'c', actor: 'test' };

describe('the keys of tasks', () => {
  let world: TaskWorld;
  let worker: TaskWorker;
  let views: ReadStore;
  let reactors: ReactorHost;

  beforeEach(() => {
    world = new TaskWorld();
    worker = new TaskWorker(world, 'w');
    views = new ReadStore(':memory:');
    reactors = new ReactorHost(world.events, views);
    const { openPlaces } = worker.parts;
    reactors.register(new TaskKeys(world.events, world.vault, new GroupHistory(world.events), openPlaces).reactor);
    reactors.start();
  });
  afterEach(async () => {
    await reactors.stop();
    views.close();
    await worker.close();
    await world.events.close();
  });

  const caughtUp = async () => {
    const head = (await world.events.head()) ?? 0n;
    await until(() => reactors.status().every(({ position = 0n }) => position >= head));
  };
  const isKept = async (credentials: TaskCredentials) => {
    await caughtUp();
    const kept = await Promise.all(refsOf(credentials).map((ref) => world.vault.has(ref)));
    expect(new Set(kept).size).toBe(1);
    return kept[0];
  };
  const stop = (taskId: string) => world.run(taskId, new StopTask('p', taskId, context));
  const take = (taskId: string) => world.run(taskId, new TakeTask(taskId, 'w', context));

  it('are kept while the task is open, and forgotten when a start replaces them', async () => {
    const first = await world.keys();
    const taskId = await world.create({ credentials: first });
    await stop(taskId);
    expect(await isKept(first)).toBe(true);
    const second = await world.keys();
    await world.run(taskId, new StartTask('p', taskId, second, false, context));
    expect([await isKept(first), await isKept(second)]).toEqual([false, true]);
  });

  it('are forgotten when the task has ended, either way', async () => {
    const [succeeded, failed] = [await world.keys(), await world.keys()];
    const one = await world.create({ credentials: succeeded });
    const two = await world.create({ credentials: failed });
    for (const taskId of [one, two]) await take(taskId);
    await world.run(one, new CompleteTask(one, 1, context));
    await world.run(two, new FailTask(two, 1, 'TRF.0157', 'why', context));
    expect([await isKept(succeeded), await isKept(failed)]).toEqual([false, false]);
  });

  it('are forgotten with a deleted task, after what it left half uploaded', async () => {
    const keys = await world.keys();
    const taskId = await world.create({ credentials: keys });
    const { multipart } = (await worker.parts.openPlaces(await world.task(taskId))).destination;
    const signal = new AbortController().signal;
    const uploadId = (await multipart?.create('big', { size: 9 }, signal)) ?? '';
    await take(taskId);
    const upload = { key: 'big', uploadId, sourceEtag: 'e', size: 9, partBytes: 5 };
    await world.run(taskId, new RecordTaskUpload(taskId, 1, upload, context));
    await stop(taskId);
    await world.run(taskId, new ConfirmTaskPaused(taskId, 1, context));
    expect(world.buckets.bucket('to').uploads.size).toBe(1);
    await world.run(taskId, new DeleteTask('p', taskId, context));
    expect(await isKept(keys)).toBe(false);
    expect(world.buckets.bucket('to').uploads.size).toBe(0);
  });

  it('stay with the group that has them', async () => {
    const [ofGroup, own] = [await world.keys(), await world.keys()];
    const metadata = { correlationId: 'c', actor: 'test', schemaVersion: 1 };
    const data = { groupId: 'g', credentials: ofGroup, at: '' };
    const started = { id: '0190b0a0-0000-7000-8000-000000000001', type: 'TaskGroupStarted', data, metadata };
    await world.events.append(taskGroupStream('g'), 'no-stream', [started]);
    const taskId = await world.create({ credentials: ofGroup, groupId: 'g' });
    await stop(taskId);
    await world.run(taskId, new StartTask('p', taskId, own, false, context));
    await stop(taskId);
    await world.run(taskId, new DeleteTask('p', taskId, context, true));
    expect([await isKept(ofGroup), await isKept(own)]).toEqual([true, false]);
  });
});
