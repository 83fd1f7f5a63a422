import { connectionReset } from '../../../test/support/faulty-store.js';
import { taskSettings } from '../../../test/support/migration-task.js';
import { PauseUntil } from '../../../test/support/pause-until.js';
import { TaskWorker } from '../../../test/support/task-worker.js';
import { TaskWorld } from '../../../test/support/task-world.js';
import { StoreError } from '../../object-store/object-store.port.js';
import { StartTask, StopTask } from '../../tasks/task.commands.js';
import { listPartKey } from './task-list-parts.js';

const context = { correlationId: 'c', actor: 'test' };
const denied = new StoreError('denied', 'Not yours', { backendCode: 'AccessDenied' });
const noBucket = new StoreError('no-such-bucket', 'Gone', { backendCode: 'NoSuchBucket' });

describe('a task that a worker runs', () => {
  let world: TaskWorld;
  let worker: TaskWorker;

  beforeEach(() => {
    world = new TaskWorld();
    worker = new TaskWorker(world, 'w').start();
  });
  afterEach(async () => {
    await worker.close();
    await world.events.close();
  });

  const partOf = async (taskId: string, kind: 'success' | 'skip' | 'failed', page: number) => {
    const { groupId, run } = await world.task(taskId);
    return world.lists().get(listPartKey({ taskId, groupId, stamp: run.began?.stamp ?? '' }, kind, page));
  };
  const namesIn = (part: string | undefined) => part?.split('\n').map((line) => line.split('\t')[1]);
  const start = async (taskId: string, failedOnly: boolean) =>
    world.run(taskId, new StartTask('p', taskId, await world.keys(), failedOnly, context));
  const stop = (taskId: string) => world.run(taskId, new StopTask('p', taskId, context));

  it('copies what there is, writes its lists and ends', async () => {
    world.write('a', 'b', 'c');
    const taskId = await world.create();
    await world.untilStatus(taskId, 'succeeded');
    expect(world.copies()).toEqual({ a: 'a', b: 'b', c: 'c' });
    expect([...world.lists().keys()]).toHaveLength(2);
    expect(namesIn(await partOf(taskId, 'success', 1))).toEqual(['a', 'b', undefined]);
    expect((await world.task(taskId)).run).toMatchObject({
      page: 2,
      scan: { totalNum: 3, totalSize: 3 },
      totals: { scannedNum: 3, succeededNum: 3, succeededSize: 3, failedNum: 0 },
    });
    expect(worker.counted).toEqual({ succeeded: 3, skipped: 0, failed: 0, bytes: 3 });
  });

  it('fails with what failed in its lists, and a retry goes through nothing else', async () => {
    world.write('a', 'b', 'c', 'd');
    worker.faults.always('open', { kind: 'fail', error: denied }, { key: 'b' });
    worker.faults.always('open', { kind: 'fail', error: denied }, { key: 'd' });
    const taskId = await world.create();
    await world.untilStatus(taskId, 'failed');
    expect((await world.task(taskId)).run).toMatchObject({ failure: { code: 'TRF.0062' }, totals: { failedNum: 2 } });
    expect(namesIn(await partOf(taskId, 'failed', 2))).toEqual(['d', undefined]);

    worker.faults.clear();
    const opened = worker.faults.count('open');
    await start(taskId, true);
    await world.untilStatus(taskId, 'succeeded');
    expect(world.copies()).toEqual({ a: 'a', b: 'b', c: 'c', d: 'd' });
    expect((await world.task(taskId)).run).toMatchObject({
      number: 2,
      totals: { scannedNum: 4, scannedSize: 4, succeededNum: 4, skippedNum: 0, failedNum: 0 },
    });
    // Two parts of the list and two objects.
    expect(worker.faults.count('open') - opened).toBe(4);
  });

  it('pauses between two pages and goes on behind the last one that is recorded', async () => {
    world.write('a', 'b', 'c', 'd', 'e', 'f', 'g', 'h');
    const held = new PauseUntil(worker.faults, 'open', 'g');
    const taskId = await world.create();
    await world.until(async () => held.isReached && (await world.task(taskId)).run.page > 0);
    const { page } = (await world.task(taskId)).run;
    await stop(taskId);
    await world.untilStatus(taskId, 'paused');
    expect((await world.task(taskId)).run.page).toBe(page);
    held.end();

    await start(taskId, false);
    await world.untilStatus(taskId, 'succeeded');
    expect((await world.task(taskId)).run).toMatchObject({
      number: 1,
      totals: { scannedNum: 8, succeededNum: 8, skippedNum: 0 },
    });
    const names = [];
    for (let number = 1; number <= 4; number++) names.push(...(namesIn(await partOf(taskId, 'success', number)) ?? []));
    expect(names.filter((name) => name !== undefined).sort()).toEqual(['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h']);
  });

  it.each([
    ['the destination refuses to be written', denied, 'TRF.0051'],
    ['the destination bucket is not there', noBucket, 'TRF.0058'],
  ])('fails before it begins when %s', async (_what, error, code) => {
    world.write('a');
    worker.faults.always('put', { kind: 'fail', error });
    const taskId = await world.create();
    await world.untilStatus(taskId, 'failed');
    expect((await world.task(taskId)).run).toMatchObject({ began: undefined, failure: { code } });
  });

  it('fails before it begins when the source bucket is not there', async () => {
    const taskId = await world.create({ settings: { source: { ...taskSettings.source, bucket: 'nowhere' } } });
    await world.untilStatus(taskId, 'failed');
    expect((await world.task(taskId)).run).toMatchObject({ began: undefined, failure: { code: 'TRF.0155' } });
  });

  it.each(['lists/objects.csv', 'lists/objects'])('fails when its list file is no .txt file: %s', async (key) => {
    world.write('a');
    world.buckets.write('to', key, Buffer.from('a\n'), { contentType: 'text/plain' });
    const source = { ...taskSettings.source, objectKeys: [], listFile: { bucket: 'to', key } };
    const taskId = await world.create({ settings: { taskType: 'list', source } });
    await world.untilStatus(taskId, 'failed');
    expect((await world.task(taskId)).run.failure?.code).toBe('TRF.0014');
    expect(world.copies()).not.toHaveProperty('a');
  });

  it('goes through the whole bucket when an object task names nothing', async () => {
    world.write('a', 'd/b', 'd/e/c');
    const source = { ...taskSettings.source, objectKeys: ['', 'd/b'] };
    const taskId = await world.create({ settings: { taskType: 'object', source } });
    await world.untilStatus(taskId, 'succeeded');
    expect(world.copies()).toEqual({ a: 'a', 'd/b': 'd/b', 'd/e/c': 'd/e/c' });
    expect((await world.task(taskId)).run.totals).toMatchObject({ scannedNum: 3, succeededNum: 3 });
  });

  it('has nothing to migrate where there is no object', async () => {
    const taskId = await world.create();
    await world.untilStatus(taskId, 'failed');
    expect((await world.task(taskId)).run.failure?.code).toBe('TRF.0012');
  });

  it('goes on without a list part that cannot be written, and records why', async () => {
    world.write('a');
    worker.faults.next('put', { kind: 'fail', error: connectionReset() }, { skip: 2 });
    const taskId = await world.create();
    await world.untilStatus(taskId, 'succeeded');
    const [page] = await world.eventsOf(taskId, 'TaskPageMigrated');
    expect(page?.data).toMatchObject({ lists: [], listErrors: { success: 'ECONNRESET' } });
  });

  it('ends when the destination is gone together with its lists', async () => {
    world.write('a');
    worker.faults.next('put', { kind: 'fail', error: noBucket }, { skip: 2 });
    const taskId = await world.create();
    await world.untilStatus(taskId, 'failed');
    expect((await world.task(taskId)).run).toMatchObject({ page: 0, failure: { code: 'TRF.0058' } });
  });

  it('writes no failed list where failed objects are not to be recorded', async () => {
    world.write('a');
    worker.faults.always('open', { kind: 'fail', error: denied });
    const taskId = await world.create({ settings: { recordFailedObjects: false } });
    await world.untilStatus(taskId, 'failed');
    expect(world.lists().size).toBe(0);
    expect((await world.task(taskId)).run.failure?.code).toBe('TRF.0062');
  });

  it('goes through a list of URLs, and again through those that failed', async () => {
    world.write('http://h/a?v=1', 'http://h/b');
    const list = 'http://h/a?v=1\tthe%20a\nhttp://h/b\tb\nno url\n';
    world.buckets.write('to', 'lists/urls.txt', Buffer.from(list), { contentType: 'text/plain' });
    worker.faults.always('open', { kind: 'fail', error: denied }, { key: 'http://h/a?v=1' });
    const listFile = { bucket: 'to', key: 'lists/urls.txt' };
    const source = { ...taskSettings.source, cloudType: 'URLSource', bucket: '', objectKeys: [], listFile };
    const { destination } = await world.keys();
    const credentials = { source: null, destination, cdn: null };
    const taskId = await world.create({ credentials, settings: { taskType: 'url_list', source } });
    await world.untilStatus(taskId, 'failed');
    expect((await world.task(taskId)).run.totals).toMatchObject({ succeededNum: 1, failedNum: 2 });

    worker.faults.clear();
    await world.run(taskId, new StartTask('p', taskId, credentials, true, context));
    await world.until(async () => (await world.task(taskId)).run.failure !== undefined);
    const { totals } = (await world.task(taskId)).run;
    expect(totals).toMatchObject({ scannedNum: 3, succeededNum: 2, failedNum: 1 });
    expect(world.copies()).toMatchObject({ 'the a': 'http://h/a?v=1', b: 'http://h/b' });
    const failed = (await partOf(taskId, 'failed', 1)) ?? '';
    expect(failed).toMatch(/^\S+\tno url\t/);
  });

  it('cannot begin with keys that are forgotten', async () => {
    const credentials = await world.keys();
    const taskId = await world.create({ credentials });
    await world.vault.forget(credentials.destination.ref);
    await world.untilStatus(taskId, 'failed');
    expect((await world.task(taskId)).run.failure).toMatchObject({ code: 'TRF.0001' });
  });
});
