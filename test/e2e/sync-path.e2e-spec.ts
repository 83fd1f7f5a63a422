import { setTimeout as sleep } from 'node:timers/promises';
import { ApiClient } from '../support/api-client.js';
import { SyncStage } from '../support/sync-stage.js';
import { until } from '../support/until.js';

const { sourceBucket: FROM, destinationBucket: TO } = SyncStage;

interface TaskAnswer {
  readonly status: string;
  readonly last_start_time: number;
  readonly create_time: number;
  readonly [field: string]: unknown;
}

let stage: SyncStage;
let api: ApiClient;

beforeAll(async () => {
  stage = await SyncStage.build();
  api = await stage.start();
}, 60_000);

afterAll(() => stage.strike());

const seed = (key: string, content = `content of ${key}`) => stage.source.seed(FROM, key, content);
const copyOf = async (key: string) => (await stage.destination.object(TO, key)?.content())?.toString();
const show = async (taskId: string, at = Date.now()) =>
  (await api.tasks<TaskAnswer>('GET', `/${taskId}?query_time=${at}`)).body;

/** Lines of the list files of one folder, once there are `count`. */
async function lines(taskId: string, folder: string, count: number): Promise<readonly string[]> {
  const prefix = `oms/sync_task/${taskId}/${folder}/`;
  const giveUpAt = Date.now() + 15_000;
  for (;;) {
    const files = stage.destination
      .objects(TO)
      .filter(({ key }) => key.startsWith(prefix) && !key.slice(prefix.length).includes('/'));
    const texts = await Promise.all(files.map(async (file) => (await file.content()).toString()));
    const found = texts.flatMap((text) => text.split('\n').filter(Boolean));
    if (found.length >= count || Date.now() > giveUpAt) return found;
    await sleep(50);
  }
}

describe('a sync task', () => {
  it('synchronizes what an event names, says so in show, ledger and statistics, and writes the lists', async () => {
    const from = Date.now();
    await seed('dir/a b.txt');
    await seed('测/😀+%.bin');
    const taskId = await stage.createTask({ description: 'first' });
    await api.sync(taskId, ['dir/a b.txt', '测/😀+%.bin', 'not there']);
    const ledger = await api.settled(taskId, 3);
    expect(ledger).toMatchObject({
      requested: { objects: 3 },
      synced: { objects: 2, bytes: 47 },
      failed: { objects: 1 },
      ignored: { objects: 0 },
      pending: { objects: 0 },
      balanced: true,
    });
    expect(await copyOf('dir/a b.txt')).toBe('content of dir/a b.txt');
    expect(await copyOf('测/😀+%.bin')).toBe('content of 测/😀+%.bin');

    expect(await show(taskId)).toMatchObject({
      sync_task_id: taskId,
      status: 'SYNCHRONIZING',
      description: 'first',
      object_overwrite_mode: 'SIZE_LAST_MODIFIED_COMPARISON_OVERWRITE',
      consistency_check: 'size_last_modified',
      monthly_acceptance_request: 3,
      monthly_success_object: 2,
      monthly_failure_object: 1,
      monthly_skip_object: 0,
      monthly_size: 47,
    });

    const query = `data_type=REQUEST%2CSUCCESS%2CFAILURE%2CSKIP%2CSIZE&start_time=${from - 600_000}&end_time=${Date.now()}`;
    const { body: statistics } = await api.tasks<{
      statistic_datas: { data_type: string; data: { statistic_num: number }[] }[];
    }>('GET', `/${taskId}/statistics?${query}`);
    expect(statistics).toMatchObject({ sync_task_id: taskId, statistic_time_type: 'FIVE_MINUTES' });
    const sums = statistics.statistic_datas.map(({ data_type, data }) => [
      data_type,
      data.reduce((sum, { statistic_num }) => sum + statistic_num, 0),
    ]);
    expect(Object.fromEntries(sums)).toEqual({ REQUEST: 3, SUCCESS: 2, FAILURE: 1, SKIP: 0, SIZE: 47 });

    // Keys of one request may be on several partitions, which go on at their own pace.
    expect([...(await lines(taskId, 'object_lists', 3))].sort()).toEqual([
      '%E6%B5%8B%2F%F0%9F%98%80%2B%25.bin',
      'dir%2Fa%20b.txt',
      'not%20there',
    ]);
    const success = await lines(taskId, 'success_object_lists', 2);
    expect(success.map((line) => line.split('\t').slice(1)).sort()).toEqual([
      ['dir/a b.txt', '22'],
      ['测/😀+%.bin', '25'],
    ]);
    const failed = await lines(taskId, 'failed_object_lists', 1);
    expect(failed.map((line) => line.split('\t').slice(1, 4))).toEqual([['not%20there', 'not there', 'NoSuchKey']]);
  });

  it('ignores what is up to date and copies what changed', async () => {
    await seed('same');
    const taskId = await stage.createTask();
    await api.sync(taskId, ['same']);
    await api.settled(taskId, 1);
    await api.sync(taskId, ['same']);
    expect(await api.settled(taskId, 2)).toMatchObject({ synced: { objects: 1 }, ignored: { objects: 1 } });
    await seed('same', 'another size');
    await api.sync(taskId, ['same']);
    expect(await api.settled(taskId, 3)).toMatchObject({ synced: { objects: 2 }, ignored: { objects: 1 } });
    expect(await copyOf('same')).toBe('another size');
    expect((await lines(taskId, 'skip_object_lists', 1)).map((line) => line.split('\t').slice(1))).toEqual([
      ['same', '15'],
    ]);
  });

  it('counts a key that a request names twice once', async () => {
    await seed('twice');
    const taskId = await stage.createTask();
    await api.sync(taskId, ['twice', 'twice']);
    expect(await api.settled(taskId, 1)).toMatchObject({ requested: { objects: 1 }, synced: { objects: 1 } });
  });

  it('takes a repeat under one idempotency key as one event, and other keys under it as another', async () => {
    await seed('once');
    const taskId = await stage.createTask();
    const post = (key: string) =>
      api.tasks('POST', `/${taskId}/events`, { object_keys: [key] }, { 'idempotency-key': 'request-1' });
    for (let repeat = 0; repeat < 3; repeat++) expect((await post('once')).status).toBe(200);
    await api.settled(taskId, 1);
    await seed('other');
    await post('other');
    expect(await api.settled(taskId, 2)).toMatchObject({ requested: { objects: 2 }, synced: { objects: 2 } });
  });

  it('refuses events while it is stopped and resumes with new keys', async () => {
    await seed('later');
    const taskId = await stage.createTask();
    expect((await api.tasks('POST', `/${taskId}/stop`)).status).toBe(200);
    expect((await show(taskId)).status).toBe('STOPPED');
    expect(await api.tasks('POST', `/${taskId}/events`, { object_keys: ['later'] })).toMatchObject({
      status: 400,
      body: { error_code: 'OMS.2002' },
    });
    expect(await api.tasks('POST', `/${taskId}/stop`)).toMatchObject({ status: 400, body: { error_code: 'OMS.0066' } });
    expect((await api.tasks('POST', `/${taskId}/start`, stage.secrets)).status).toBe(200);
    const started = await show(taskId);
    expect(started.status).toBe('SYNCHRONIZING');
    expect(started.last_start_time).toBeGreaterThanOrEqual(started.create_time);
    expect(await api.tasks('POST', `/${taskId}/start`, stage.secrets)).toMatchObject({
      status: 400,
      body: { error_code: 'OMS.0065' },
    });
    await api.sync(taskId, ['later']);
    expect(await api.settled(taskId, 1)).toMatchObject({ synced: { objects: 1 } });
  });

  it('keeps accepted events pending over a stop and drives them at the next start', async () => {
    const keys = Array.from({ length: 40 }, (_, index) => `parked/${index}`);
    for (const key of keys) await seed(key);
    const taskId = await stage.createTask();
    const slow = stage.source.faults.always({ keyPrefix: 'parked/' }, { kind: 'stall', when: 'before-headers' });
    await api.sync(taskId, keys.slice(0, 1));
    await until(() => stage.source.faults.stalledCount > 0);
    for (const key of keys.slice(1)) await api.sync(taskId, [key]);
    expect((await api.tasks('POST', `/${taskId}/stop`)).status).toBe(200);
    slow.remove();
    stage.source.faults.release();
    expect((await api.tasks('POST', `/${taskId}/start`, stage.secrets)).status).toBe(200);
    expect(await api.settled(taskId, 40)).toMatchObject({ synced: { objects: 40 }, balanced: true });
  });

  it('is gone once deleted, with its keys', async () => {
    const taskId = await stage.createTask();
    expect(await api.tasks('DELETE', `/${taskId}`)).toMatchObject({ status: 400, body: { error_code: 'OMS.0063' } });
    await api.tasks('POST', `/${taskId}/stop`);
    expect((await api.tasks('DELETE', `/${taskId}`)).status).toBe(200);
    for (const [method, path, status] of [
      ['GET', `/${taskId}?query_time=1`, 404],
      ['DELETE', `/${taskId}`, 404],
      ['POST', `/${taskId}/events`, 404],
      ['GET', `/${taskId}/ledger`, 404],
      ['GET', `/${taskId}/statistics?data_type=SIZE&start_time=0&end_time=1`, 404],
      ['POST', `/${taskId}/stop`, 400],
    ] as const) {
      const answer = await api.tasks(method, path, path.endsWith('/events') ? { object_keys: ['a'] } : undefined);
      expect(answer).toMatchObject({ status, body: { error_code: 'OMS.2002' } });
    }
  });

  it('reports refused credentials as creation failures', async () => {
    await seed('locked');
    const taskId = await stage.createTask({ src_sk: 'wrong' });
    await api.sync(taskId, ['locked']);
    expect(await api.settled(taskId, 1)).toMatchObject({ failed: { objects: 1 } });
    const [line] = await lines(taskId, 'failed_object_lists/creation_failures', 1);
    expect(line?.split('\t').slice(1, 4)).toEqual(['locked', 'locked', 'SignatureDoesNotMatch']);
  });

  it('carries Content-Type always and other metadata when asked to', async () => {
    const headers = { 'cache-control': 'max-age=60', 'x-amz-meta-owner': 'me' };
    await stage.source.seed(FROM, 'meta', 'x', { contentType: 'text/x-test', headers });
    const plain = await stage.createTask();
    await api.sync(plain, ['meta']);
    await api.settled(plain, 1);
    expect(stage.destination.object(TO, 'meta')?.headers).toMatchObject({ 'content-type': 'text/x-test' });
    expect(stage.destination.object(TO, 'meta')?.headers).not.toHaveProperty('cache-control');
    await stage.source.seed(FROM, 'meta', 'xy', { contentType: 'text/x-test', headers });
    const full = await stage.createTask({ enable_metadata_migration: true });
    await api.sync(full, ['meta']);
    await api.settled(full, 1);
    expect(stage.destination.object(TO, 'meta')?.headers).toMatchObject({ 'content-type': 'text/x-test', ...headers });
  });

  it('is listed newest first, by page and by status', async () => {
    const other = new ApiClient(api.baseUrl, 'listing');
    const body = {
      src_cloud_type: 'AWS',
      src_region: 'stage-source',
      src_bucket: FROM,
      dst_region: 'stage-target',
      dst_bucket: TO,
      ...stage.secrets,
    };
    const ids: string[] = [];
    for (let n = 0; n < 3; n++) {
      ids.unshift(await other.createTask(body));
      await sleep(2);
    }
    await other.tasks('POST', `/${ids[1]!}/stop`);
    const list = async (query: string) =>
      (await other.tasks<{ tasks: { sync_task_id: string }[]; count: number }>('GET', query)).body;
    expect((await list('')).tasks.map((task) => task.sync_task_id)).toEqual(ids);
    expect(await list('?limit=1&offset=1')).toMatchObject({ tasks: [{ sync_task_id: ids[1] }], count: 3 });
    expect(await list('?status=STOPPED')).toMatchObject({ tasks: [{ sync_task_id: ids[1] }], count: 1 });
    expect(JSON.stringify(await list(''))).not.toContain(stage.secrets.src_sk);
    expect((await other.tasks('GET', `/${ids[0]!}?query_time=1`)).status).toBe(200);
    expect((await api.tasks('GET', `/${ids[0]!}?query_time=1`)).status).toBe(404);
  });
});
