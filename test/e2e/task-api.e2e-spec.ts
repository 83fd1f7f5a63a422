import {
  BeginTaskRun,
  CompleteTask,
  ConfirmTaskPaused,
  CreateTask,
  FailTask,
  RecordTaskPage,
  RecordTaskScan,
  TakeTask,
} from '../../src/tasks/task.commands.js';
import { newTask, taskTotals } from '../support/migration-task.js';
import { CDN, LIST_FILE, NEW_KEYS, RULE, SMN, SOURCE, TASK_BODY } from '../support/task-bodies.js';
import { PROJECT, TaskApiStage } from '../support/task-api-stage.js';

const context = { correlationId: 'c', actor: 'worker' };
const STAMP = '20300101000000000';

let stage: TaskApiStage;
beforeEach(async () => {
  stage = await TaskApiStage.build();
});
afterEach(() => stage.strike());

const ok = async (method: string, target: string, body?: unknown): Promise<void> =>
  expect(await stage.tasks(method, target, body)).toMatchObject({ status: 200, body: undefined });
const take = (id: string) => new TakeTask(id, 'w1', context);
const page = (id: string, failed = 0) =>
  new RecordTaskPage(
    id,
    1,
    {
      page: 1,
      cursor: 'c1',
      totals: taskTotals(3, 2, failed),
      lists: failed === 0 ? ['success'] : ['success', 'failed'],
    },
    context,
  );
const running = (id: string) => [take(id), new BeginTaskRun(id, 1, STAMP, 1, context)];

describe('the life of a task through the API', () => {
  it('begins waiting, under an id and a name of its own', async () => {
    const { status, body } = await stage.tasks<{ id: number; task_name: string }>('POST', '', TASK_BODY);
    expect(status).toBe(200);
    expect(Object.keys(body)).toEqual(['id', 'task_name']);
    expect(body.id).toBeGreaterThanOrEqual((Date.UTC(2030, 0, 1) - Date.UTC(2020, 0, 1)) * 1000);
    expect(body.id).toBeLessThan(10 ** 15);
    expect(body.task_name).toBe('from-20300101000000');
    expect(await stage.show(String(body.id))).toMatchObject({ id: body.id, name: body.task_name, status: 1 });
  });

  it('goes over pausing and pause to its good end', async () => {
    const id = await stage.create(TASK_BODY);
    await stage.work(...running(id), new RecordTaskScan(id, 1, 6, 60, context), page(id));
    stage.clock.advance(5000);
    expect(await stage.show(id)).toMatchObject({ status: 2, successful_num: 3, skipped_num: 2, total_time: 5000 });
    await ok('POST', `/${id}/stop`);
    expect(await stage.show(id)).toMatchObject({ status: 7 });
    await stage.work(new ConfirmTaskPaused(id, 1, context));
    expect(await stage.show(id)).toMatchObject({ status: 3, successful_num: 3 });
    await ok('POST', `/${id}/start`, NEW_KEYS);
    expect(await stage.show(id)).toMatchObject({ status: 1, successful_num: 3 });
    await stage.work(take(id), new CompleteTask(id, 2, context));
    expect(await stage.show(id)).toMatchObject({ status: 5, progress: 1, error_reason: null });
    await ok('DELETE', `/${id}`);
    expect((await stage.tasks('GET', `/${id}`)).status).toBe(404);
  });

  it('fails with what it left behind, which is then tried again', async () => {
    const id = await stage.create(TASK_BODY);
    await stage.work(...running(id), page(id, 1), new CompleteTask(id, 1, context));
    expect(await stage.show(id)).toMatchObject({
      ...{ status: 4, failed_num: 1 },
      error_reason: { error_code: 'TRF.0062' },
      failed_object_record: {
        result: true,
        list_file_key: `oms/task/${id}/failed_object_lists/oms-task-${id}-${STAMP}_1.txt`,
      },
    });
    await ok('POST', `/${id}/start`, { ...NEW_KEYS, migrate_failed_object: true });
    expect(await stage.show(id)).toMatchObject({ status: 1, failed_num: 0, successful_num: 3, error_reason: null });
  });

  it('ends where a waiting task is paused at once', async () => {
    const id = await stage.create(TASK_BODY);
    await ok('POST', `/${id}/stop`);
    expect(await stage.show(id)).toMatchObject({ status: 3 });
  });

  it('is under an id that no other task has', async () => {
    const base = (stage.clock.now().getTime() - Date.UTC(2020, 0, 1)) * 1000;
    const taken = Array.from({ length: 500 }, (_, index) => String(base + 2 * index));
    await Promise.all(taken.map((id) => stage.work(new CreateTask('another', id, newTask, context))));
    const made: string[] = [];
    for (let index = 0; index < 10; index++) made.push(await stage.create(TASK_BODY));
    expect(new Set([...taken, ...made]).size).toBe(510);
  });

  it('takes every kind of task there is', async () => {
    const source = { ...SOURCE, object_key: undefined, list_file: LIST_FILE };
    const bodies = [
      { ...TASK_BODY, task_type: 'prefix', src_node: { ...SOURCE, object_key: [''] }, source_cdn: CDN },
      { ...TASK_BODY, task_type: 'list', src_node: source, smn_config: { ...SMN, message_template_name: 'short' } },
      { ...TASK_BODY, task_type: 'url_list', src_node: { cloud_type: 'URLSource', list_file: LIST_FILE } },
    ];
    for (const body of bodies)
      expect(await stage.show(await stage.create(body))).toMatchObject({ task_type: body.task_type, status: 1 });
  });
});

describe('traffic limits and priorities', () => {
  it('change while the task is not complete', async () => {
    const id = await stage.create({ ...TASK_BODY, bandwidth_policy: [RULE], task_priority: 'LOW' });
    expect(await stage.show(id)).toMatchObject({ bandwidth_policy: [RULE], task_priority: 'LOW' });
    await ok('PUT', `/${id}/bandwidth-policy`, { bandwidth_policy: [] });
    expect(await stage.show(id)).toMatchObject({ bandwidth_policy: [] });
  });

  it('change for several tasks, each once', async () => {
    const ids = [await stage.create(TASK_BODY), await stage.create(TASK_BODY)];
    const changes = { ids: [...ids, ...ids].map(Number), bandwidth_policy: [RULE], task_priority: 'HIGH' };
    await ok('POST', '/batch-update', changes);
    for (const id of ids)
      expect(await stage.show(id)).toMatchObject({ bandwidth_policy: [RULE], task_priority: 'HIGH' });
  });

  it('change for none when one of several is unknown or complete', async () => {
    const [first, second] = [await stage.create(TASK_BODY), await stage.create(TASK_BODY)];
    const update = (...ids: string[]) =>
      stage.tasks('POST', '/batch-update', { ids: ids.map(Number), bandwidth_policy: [RULE] });
    expect(await update(first, '4711')).toMatchObject({ status: 400, body: { error_code: 'OMS.1009' } });
    await stage.work(take(second), new CompleteTask(second, 1, context));
    expect(await update(first, second)).toMatchObject({ status: 400, body: { error_code: 'OMS.0086' } });
    expect(await stage.show(first)).toMatchObject({ bandwidth_policy: [] });
  });

  it('change for what is not complete of a group', async () => {
    await stage.group('g1');
    const [open, done] = ['11', '12'];
    for (const id of [open, done])
      await stage.work(new CreateTask(PROJECT, id, { ...newTask, groupId: 'g1' }, context));
    await stage.work(take(done), new CompleteTask(done, 1, context));
    await ok('POST', '/batch-update', { group_id: 'g1', bandwidth_policy: [RULE] });
    expect(await stage.show(open)).toMatchObject({ bandwidth_policy: [RULE], group_type: 'GROUP_TASK' });
    expect(await stage.show(done)).toMatchObject({ bandwidth_policy: [] });
  });
});

describe('lists of tasks', () => {
  it('show a page of what matches, newest first', async () => {
    const ids: string[] = [];
    for (let index = 0; index < 3; index++) {
      ids.unshift(await stage.create(TASK_BODY));
      stage.clock.advance(1000);
    }
    await stage.work(take(ids[0]!));
    type List = { tasks: { id: number }[]; count: number };
    const listed = async (query: string) => {
      const { body } = await stage.tasks<List>('GET', query);
      return [body.tasks.map(({ id }) => String(id)), body.count];
    };
    expect(await listed('')).toEqual([ids, 3]);
    expect(await listed('?limit=1&offset=1')).toEqual([[ids[1]], 3]);
    expect(await listed('?status=2')).toEqual([[ids[0]], 1]);
    expect(await listed('?task_name=FROM-20300101000001')).toEqual([[ids[1]], 1]);
    expect(await listed('?group_id=g1')).toEqual([[], 0]);
    const full = await stage.tasks<List>('GET', '?limit=1');
    expect(full.body.tasks[0]).toEqual(await stage.show(ids[0]!));
  });
});

describe('keys', () => {
  it('are sealed with the task, and gone with a refused one', async () => {
    const id = await stage.create({
      ...TASK_BODY,
      source_cdn: { ...CDN, authentication_type: 'TENCENT_COS_A', authentication_key: 'k' },
    });
    expect(await stage.sealed()).toHaveLength(3);
    await stage.tasks('POST', `/${id}/start`, { ...NEW_KEYS, source_cdn_authentication_key: 'k' });
    await stage.tasks('POST', '', { ...TASK_BODY, smn_config: { ...SMN, topic_urn: 'urn:none' } });
    expect(await stage.sealed()).toHaveLength(3);
  });

  it('of a URL list are those of the destination', async () => {
    const id = await stage.create({
      ...TASK_BODY,
      task_type: 'url_list',
      src_node: { cloud_type: 'URLSource', list_file: LIST_FILE },
    });
    expect(await stage.sealed()).toHaveLength(1);
    await stage.work(new FailTask(id, 0, 'TRF.0003', 'waited too long', context));
    await ok('POST', `/${id}/start`, { dst_ak: 'a', dst_sk: 's' });
  });
});

describe('the document of the API', () => {
  interface Operation {
    readonly operationId: string;
    readonly responses: Readonly<Record<string, unknown>>;
  }
  interface Document {
    readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
    readonly components: { readonly schemas: Readonly<Record<string, { properties?: object }>> };
  }

  it('has every call, its refusals, and all shapes it speaks of', async () => {
    const document = (await (await fetch(`${stage.url}/openapi.json`)).json()) as Document;
    const ours = Object.entries(document.paths).filter(([path]) => path.startsWith('/v2/{project_id}/tasks'));
    const operations = ours.flatMap(([, methods]) => Object.values(methods));
    expect(operations.map(({ operationId }) => operationId).sort()).toEqual([
      ...['BatchUpdateTasks', 'CreateTask', 'DeleteTask', 'ListTasks', 'ShowTask', 'StartTask', 'StopTask'],
      'UpdateBandwidthPolicy',
    ]);
    for (const { responses } of operations)
      expect(Object.keys(responses)).toEqual(expect.arrayContaining(['200', '503']));
    const named = [...JSON.stringify(ours).matchAll(/#\/components\/schemas\/(\w+)/g)].map(([, name = '']) => name);
    expect(named.filter((name) => !Object.hasOwn(document.components.schemas, name))).toEqual([]);
    const node = JSON.stringify(document.components.schemas['CreateTaskDto']);
    for (const shape of ['SourceNodeDto', 'DestinationNodeDto', 'BandwidthRuleDto', 'SourceCdnDto', 'SmnConfigDto'])
      expect(node).toContain(`#/components/schemas/${shape}`);
    const { TaskInfo } = document.components.schemas;
    const shown = Object.keys(await stage.show(await stage.create(TASK_BODY)));
    expect(Object.keys(TaskInfo?.properties ?? {}).sort()).toEqual(shown.sort());
  });
});
