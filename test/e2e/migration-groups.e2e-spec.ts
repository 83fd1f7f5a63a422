import { srcNode, type GroupAnswer, type TaskAnswer } from '../support/migration-api.js';
import { namesIn, stampsOf } from '../support/migration-lists.js';
import { MigrationScene, watch } from '../support/migration-scene.js';
import { until } from '../support/until.js';

let scene: MigrationScene;

beforeAll(async () => {
  scene = await MigrationScene.build({
    taskGroups: { taskObjects: 10 },
    tasks: { pageObjects: 5, runningPerWorker: 2 },
    transfer: { attempts: 2, baseDelayMs: 5 },
  });
}, 60_000);

afterEach(() => {
  scene.source.faults.clear();
  scene.destination.faults.clear();
});

afterAll(() => scene.strike());

const keysOf = (prefix: string, count: number) =>
  Array.from({ length: count }, (_, index) => `${prefix}${String(index).padStart(3, '0')}`);

/** The figures of a group are the sums of those of its tasks. */
function expectSums(group: GroupAnswer, tasks: readonly TaskAnswer[]): void {
  const sum = (field: 'total_num' | 'successful_num' | 'skipped_num' | 'failed_num' | 'total_size' | 'complete_size') =>
    tasks.reduce((total, task) => total + task[field], 0);
  expect(group).toMatchObject({
    total_task_num: tasks.length,
    create_task_num: tasks.length,
    total_num: sum('total_num'),
    success_num: sum('successful_num'),
    skip_num: sum('skipped_num'),
    fail_num: sum('failed_num'),
    total_size: sum('total_size'),
    complete_size: sum('complete_size'),
  });
}

/** Names in the newest lists of all tasks of a group. */
async function namesOf(groupId: string): Promise<readonly string[]> {
  const files = await scene.listFiles();
  const folder = `oms/task_group/${groupId}`;
  for (const key of files.keys()) expect(key).not.toMatch(/^oms\/task\//);
  const names: string[] = [];
  for (const { id } of await scene.api.tasksOf(groupId)) {
    expect(stampsOf(files, id).length).toBeGreaterThan(0);
    names.push(...namesIn(await scene.lists(id, { folder })));
  }
  return names.sort();
}

describe('a task group', () => {
  it('of prefixes splits one listing of the source into tasks of bounded size', async () => {
    const keys = keysOf('split/', 35);
    await scene.seed(...keys);
    const listings = watch(scene.source, 'ListObjectsV2', 'ListObjects');
    const id = await scene.api.createGroup({ src_node: srcNode({ object_key: ['split/'] }) });
    const group = await scene.api.groupReached(id, [4, 5, 6]);
    expect(group).toMatchObject({ group_id: id, status: 6, total_num: 35, success_num: 35, fail_num: 0 });
    const tasks = await scene.api.tasksOf(id);
    expect(tasks.map(({ total_num }) => total_num).sort()).toEqual([10, 10, 10, 5]);
    for (const task of tasks) expect(task).toMatchObject({ status: 5, group_id: id, group_type: 'GROUP_TASK' });
    expectSums(group, tasks);
    // One to split it, and a look of each task at whether the bucket is there.
    expect(listings).toHaveLength(1 + tasks.length);
    expect(await namesOf(id)).toEqual(keys);
    expect(await scene.wrongCopies(keys)).toEqual([]);
  });

  it('of a folder of list files copies what all of them name', async () => {
    const [one, two] = [keysOf('filed/one ü/', 12), keysOf('filed/two/', 7)];
    await scene.seed(...one, ...two);
    await scene.list('files/one.txt', one.map(encodeURIComponent).join('\n'));
    await scene.list('files/two.txt', `${two.map(encodeURIComponent).join('\r\n')}\r\n`);
    await scene.list('files/read.me', 'not-a-list');
    const list_file = { obs_bucket: 'to', list_file_key: 'files/', list_file_num: '2' };
    const id = await scene.api.createGroup({ task_type: 'LIST', src_node: srcNode({ list_file }) });
    const group = await scene.api.groupReached(id, [4, 5, 6]);
    expect(group).toMatchObject({ status: 6, total_num: 19, success_num: 19 });
    expectSums(group, await scene.api.tasksOf(id));
    expect(await namesOf(id)).toEqual([...one, ...two].sort());
    expect(await scene.wrongCopies([...one, ...two])).toEqual([]);
  });

  it('stops with all of its tasks and starts again', async () => {
    const keys = keysOf('held/', 60);
    await scene.seed(...keys);
    scene.source.faults.always({ operation: 'GetObject' }, { kind: 'drip', bytes: 2, everyMs: 20 });
    const id = await scene.api.createGroup({ src_node: srcNode({ object_key: ['held/'] }) });
    await until(() => scene.copies('held/').length >= 5);
    await scene.api.drive(id, 'stop');
    expect(await scene.api.groupReached(id, [3, 6], 15_000)).toMatchObject({ status: 3 });
    for (const { status } of await scene.api.tasksOf(id)) expect([3, 5]).toContain(status);
    expect(scene.copies('held/').length).toBeLessThan(60);
    scene.source.faults.clear();
    await scene.api.drive(id, 'start');
    const group = await scene.api.groupReached(id, [4, 5, 6]);
    expect(group).toMatchObject({ status: 6, total_num: 60, success_num: 60 });
    expectSums(group, await scene.api.tasksOf(id));
    expect(await namesOf(id)).toEqual(keys);
    expect(await scene.wrongCopies(keys)).toEqual([]);
  });

  it('fails with its tasks, retries what failed, and takes its tasks with it when it is deleted', async () => {
    const keys = keysOf('retried/', 25);
    await scene.seed(...keys);
    scene.source.faults.always(
      { operation: 'GetObject', when: ({ key }) => key.startsWith('retried/') && key.endsWith('3') },
      { kind: 'error', code: 'AccessDenied' },
    );
    const id = await scene.api.createGroup({ src_node: srcNode({ object_key: ['retried/'] }) });
    const failed = await scene.api.groupReached(id, [4, 5, 6]);
    expect(failed).toMatchObject({ status: 5, total_num: 25, success_num: 22, fail_num: 3, failed_task_num: 3 });
    expectSums(failed, await scene.api.tasksOf(id));
    scene.source.faults.clear();
    const reads = watch(scene.source, 'GetObject');
    await scene.api.drive(id, 'retry', { migrate_failed_object: true });
    const retried = await scene.api.groupReached(id, [4, 5, 6]);
    expect(retried).toMatchObject({
      status: 6,
      total_num: 25,
      success_num: 25,
      fail_num: 0,
      complete_task_num: 3,
    });
    expectSums(retried, await scene.api.tasksOf(id));
    expect(reads.map(({ key }) => key).sort()).toEqual(['retried/003', 'retried/013', 'retried/023']);
    expect(await scene.wrongCopies(keys)).toEqual([]);
    const [{ id: taskId } = { id: 0 }] = await scene.api.tasksOf(id);
    expect((await scene.api.groups('DELETE', `/${id}`)).status).toBeLessThan(300);
    await until(async () => (await scene.api.groups('GET', `/${id}`)).status === 404);
    expect(await scene.api.tasks('GET', `/${taskId}`)).toMatchObject({ status: 404 });
  });
});
