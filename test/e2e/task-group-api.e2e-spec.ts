import {
  BeginGroupPlan,
  CompleteGroupPlan,
  CompleteTaskGroup,
  ConfirmTaskGroupDeleted,
  ConfirmTaskGroupPaused,
  FailGroupPlan,
  FailTaskGroup,
  RecordGroupPlan,
  RecordTaskGroupNotification,
} from '../../src/task-groups/task-group.commands.js';
import { BeginTaskRun, CreateTask, FailTask, RecordTaskPage, TakeTask } from '../../src/tasks/task.commands.js';
import { ApiClient, type ApiAnswer } from '../support/api-client.js';
import { newTask, taskTotals } from '../support/migration-task.js';
import { LIST_FILE, NEW_KEYS, RULE, SMN, SOURCE, TASK_BODY } from '../support/task-bodies.js';
import { PROJECT, TaskApiStage } from '../support/task-api-stage.js';

const context = { correlationId: 'c', actor: 'worker' };

let stage: TaskApiStage;
beforeEach(async () => {
  stage = await TaskApiStage.build();
});
afterEach(() => stage.strike());

const call = <T = Record<string, unknown>>(method: string, target = '', body?: unknown): Promise<ApiAnswer<T>> =>
  new ApiClient(stage.url, PROJECT).call<T>(method, `/v2/${PROJECT}/taskgroups${target}`, body);
const ok = async (method: string, target: string, body?: unknown): Promise<void> =>
  expect(await call(method, target, body)).toMatchObject({ status: 200, body: undefined });
const create = async (more: object = {}): Promise<string> => {
  const { status, body } = await call<{ group_id: string }>('POST', '', { ...TASK_BODY, ...more });
  expect([status, Object.keys(body)]).toEqual([200, ['group_id']]);
  return body.group_id;
};
const show = async (id: string) => (await call('GET', `/${id}`)).body;

/** As the planner would: the group has so many parts of 10 objects and 100 bytes, and as many tasks. */
async function split(groupId: string, parts: number): Promise<readonly string[]> {
  await stage.work(new BeginGroupPlan(groupId, context));
  const ids: string[] = [];
  for (let chunk = 1; chunk <= parts; chunk++) {
    const taskId = String(217_304_160_000_000 + chunk);
    const piece = { kind: 'manifest', key: `plan/${chunk}.txt`, objects: 10, bytes: 100 } as const;
    await stage.work(new RecordGroupPlan(groupId, { chunk, taskId, piece, cursor: 'c' }, context));
    await stage.work(new CreateTask(PROJECT, taskId, { ...newTask, groupId, piece }, context));
    ids.push(taskId);
  }
  return ids;
}

describe('the life of a task group through the API', () => {
  it('begins waiting, with all that was asked for', async () => {
    const id = await create({
      bandwidth_policy: [RULE],
      description: 'all of it',
      migrate_since: 60,
      enable_kms: true,
    });
    expect(id).toMatch(/^[0-9a-f-]{36}$/);
    expect(await show(id)).toEqual({
      ...{ group_id: id, status: 0, error_reason: null, description: 'all of it', task_type: 'PREFIX' },
      src_node: {
        ...{ bucket: 'from', cloud_type: 'AWS', region: 'r1', app_id: '', object_key: ['a/', 'b'], list_file: null },
      },
      dst_node: { bucket: 'to', cloud_type: 'HuaweiCloud', region: 'r2', save_prefix: '' },
      ...{ enable_metadata_migration: false, enable_failed_object_recording: true, enable_restore: false },
      ...{ enable_kms: true, enable_requester_pays: false, migrate_since: 60_000, obs_system: 'BUCKET' },
      ...{ bandwidth_policy: [RULE], smn_config: null, source_cdn: null, migrate_speed: 0, total_time: 0 },
      ...{ start_time: stage.clock.now().getTime(), consistency_check: 'size_last_modified' },
      ...{ object_overwrite_mode: 'SIZE_LAST_MODIFIED_COMPARISON_OVERWRITE', dst_storage_policy: 'STANDARD' },
      ...{ total_task_num: 0, create_task_num: 0, failed_task_num: 0, complete_task_num: 0, paused_task_num: 0 },
      ...{ executing_task_num: 0, waiting_task_num: 0, total_num: 0, create_complete_num: 0, success_num: 0 },
      ...{ fail_num: 0, skip_num: 0, total_size: 0, create_complete_size: 0, complete_size: 0 },
      failed_object_record: { result: null, list_file_key: null, error_code: null },
    });
  });

  it('adds up what its tasks have done', async () => {
    const id = await create();
    const [first = '', second = ''] = await split(id, 3);
    await stage.work(new TakeTask(first, 'w', context), new BeginTaskRun(first, 1, '20300101000000000', 1, context));
    const page = { page: 1, cursor: 'c', totals: taskTotals(5, 2, 1), lists: ['failed'] as const };
    await stage.work(new RecordTaskPage(first, 1, page, context));
    await stage.work(new TakeTask(second, 'w', context), new FailTask(second, 1, 'TRF.0155', 'gone', context));
    stage.clock.advance(5000);
    expect(await show(id)).toMatchObject({
      ...{ status: 1, total_task_num: 3, create_task_num: 3, executing_task_num: 1, waiting_task_num: 1 },
      ...{ failed_task_num: 1, complete_task_num: 0, paused_task_num: 0, total_time: 5000 },
      ...{ total_num: 30, create_complete_num: 30, success_num: 5, skip_num: 2, fail_num: 1 },
      ...{ total_size: 300, create_complete_size: 300, complete_size: 80 },
      failed_object_record: { result: true, list_file_key: `oms/task_group/${id}/failed_object_lists/` },
    });
    await stage.work(new CompleteGroupPlan(id, context));
    expect(await show(id)).toMatchObject({ status: 2 });
  });

  it('is paused and resumed', async () => {
    const id = await create();
    await split(id, 1);
    await ok('PUT', `/${id}/stop`);
    expect(await show(id)).toMatchObject({ status: 7 });
    await stage.work(new ConfirmTaskGroupPaused(id, context));
    expect(await show(id)).toMatchObject({ status: 3 });
    await ok('PUT', `/${id}/start`, NEW_KEYS);
    expect(await show(id)).toMatchObject({ status: 0 });
    expect(await stage.sealed()).toHaveLength(4);
  });

  it('is paused at once where nothing has begun', async () => {
    const id = await create();
    await ok('PUT', `/${id}/stop`);
    expect(await show(id)).toMatchObject({ status: 3 });
  });

  it('fails, is retried with its keys or new ones, and completes', async () => {
    const id = await create();
    await stage.work(new BeginGroupPlan(id, context), new FailGroupPlan(id, 'TRF.0155', 'no bucket', context));
    expect(await show(id)).toMatchObject({
      ...{ status: 4, error_reason: { error_code: 'TRF.0155', error_msg: 'no bucket' } },
    });
    await ok('PUT', `/${id}/retry`, {});
    expect(await show(id)).toMatchObject({ status: 0, error_reason: null });
    await split(id, 1);
    await stage.work(new CompleteGroupPlan(id, context));
    expect(await stage.sealed()).toHaveLength(2);
  });

  it('tells how the message about its end fared', async () => {
    const id = await create({ smn_config: SMN });
    await stage.work(new BeginGroupPlan(id, context), new FailGroupPlan(id, 'TRF.0155', 'no bucket', context));
    await stage.work(new RecordTaskGroupNotification(id, false, 'OMS.0161', 'urn:smn:a:b:ended', context));
    expect(await show(id)).toMatchObject({
      smn_config: { notify_result: false, notify_error_message: 'OMS.0161', topic_name: 'ended' },
    });
    await ok('PUT', `/${id}/retry`, { ...NEW_KEYS, migrate_failed_object: true });
    expect(await show(id)).toMatchObject({ smn_config: null });
  });

  it('shows that it goes until it is gone', async () => {
    const id = await create();
    await ok('PUT', `/${id}/stop`);
    await ok('DELETE', `/${id}`);
    expect(await show(id)).toMatchObject({ status: 8 });
    await stage.work(new ConfirmTaskGroupDeleted(id, context));
    for (const method of ['GET', 'DELETE'])
      expect(await call(method, `/${id}`)).toMatchObject({ status: 404, body: { error_code: 'OMS.1009' } });
  });

  it('takes new traffic rules', async () => {
    const id = await create();
    await ok('PUT', `/${id}/update`, { bandwidth_policy: [RULE] });
    expect(await show(id)).toMatchObject({ bandwidth_policy: [RULE] });
  });

  it('by list files has as many bytes as its tasks found', async () => {
    const src_node = { ...SOURCE, object_key: null, list_file: { ...LIST_FILE, list_file_key: 'lists/' } };
    const id = await create({ task_type: 'LIST', src_node });
    expect(await show(id)).toMatchObject({
      task_type: 'LIST',
      src_node: { list_file: { list_file_key: 'lists/', obs_bucket: 'my-lists' }, object_key: [] },
    });
    const url = { cloud_type: 'URLSource', list_file: LIST_FILE };
    const urls = await create({ task_type: 'URL_LIST', src_node: url });
    expect(await show(urls)).toMatchObject({ task_type: 'URL_LIST', src_node: { cloud_type: 'URLSOURCE' } });
  });
});

describe('lists of task groups', () => {
  it('show a page of what matches, newest first', async () => {
    const ids: string[] = [];
    for (let index = 0; index < 3; index++) {
      ids.unshift(await create());
      stage.clock.advance(1000);
    }
    await ok('PUT', `/${ids[0]}/stop`);
    const listed = async (query: string) => {
      const { body } = await call<{ taskgroups: { group_id: string }[]; count: number }>('GET', query);
      expect(Object.keys(body).sort()).toEqual(['count', 'taskgroups']);
      return [body.taskgroups.map(({ group_id }) => group_id), body.count];
    };
    expect(await listed('')).toEqual([ids, 3]);
    expect(await listed('?limit=1&offset=1')).toEqual([[ids[1]], 3]);
    expect(await listed('?status=3')).toEqual([[ids[0]], 1]);
    expect(await listed('?status=9')).toEqual([[], 0]);
    const full = await call<{ taskgroups: unknown[] }>('GET', '?limit=1');
    expect(full.body.taskgroups).toEqual([await show(ids[0] ?? '')]);
  });
});

it('a project creates so many groups a day and no more, deleted ones included', async () => {
  await stage.strike();
  stage = await TaskApiStage.build({ taskGroupsPerDay: 2 });
  const id = await create();
  await ok('PUT', `/${id}/stop`);
  await ok('DELETE', `/${id}`);
  await stage.work(new ConfirmTaskGroupDeleted(id, context));
  await create();
  expect(await call('POST', '', TASK_BODY)).toMatchObject({ status: 400, body: { error_code: 'OMS.1037' } });
  stage.clock.advance(24 * 3_600_000);
  await create();
});

it('a group is complete or failed for good', async () => {
  const [done, failed] = [await create(), await create()];
  for (const id of [done, failed]) {
    await stage.work(new BeginGroupPlan(id, context));
    const piece = { kind: 'manifest', key: 'k', objects: 1, bytes: 1 } as const;
    await stage.work(new RecordGroupPlan(id, { chunk: 1, taskId: '7', piece, cursor: 'c' }, context));
    await stage.work(new CompleteGroupPlan(id, context));
  }
  await stage.work(new CompleteTaskGroup(done, context), new FailTaskGroup(failed, 'TRF.0062', 'some', context));
  expect(await show(done)).toMatchObject({ status: 6, error_reason: null });
  expect(await show(failed)).toMatchObject({ status: 5, error_reason: { error_code: 'TRF.0062' } });
});
