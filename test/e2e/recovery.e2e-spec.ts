import type { ApiClient } from '../support/api-client.js';
import { DataFolder } from '../support/data-folder.js';
import { SyncStage } from '../support/sync-stage.js';
import { until } from '../support/until.js';

const { sourceBucket: FROM, destinationBucket: TO } = SyncStage;

let stage: SyncStage;

afterEach(() => stage.strike());

const seedAll = async (keys: readonly string[]) => {
  for (const key of keys) await stage.source.seed(FROM, key, `content of ${key}`);
};

const metric = async (name: string): Promise<number> => {
  const text = await (await fetch(`${stage.service.url}/metrics`)).text();
  return Number(new RegExp(`^${name} (.+)$`, 'm').exec(text)?.[1]);
};

describe('the read models', () => {
  /** Everything the API tells about the tasks, at a fixed time; but not how far the log is, which leases move too. */
  const told = async (api: ApiClient, tasks: readonly string[], at: number): Promise<unknown> => {
    const paths = tasks.flatMap((id) => [
      `/${id}?query_time=${at}`,
      `/${id}/ledger`,
      `/${id}/statistics?data_type=REQUEST,SUCCESS,FAILURE,SKIP,SIZE&start_time=${at - 3_600_000}&end_time=${at}`,
      `/${id}/statistics?data_type=SIZE&start_time=0&end_time=${at}`,
    ]);
    const answers = ['', '?status=STOPPED', '?limit=1&offset=1', ...paths].map(async (each) => {
      const { status, body } = await api.tasks('GET', each);
      return {
        path: each,
        status,
        body: JSON.stringify(body, (name, value: unknown) => (name === 'position' ? '' : value)),
      };
    });
    return Promise.all(answers);
  };

  it('are the same after a rebuild and after the loss of their file, and the log gives every list again', async () => {
    stage = await SyncStage.build({ config: { lists: { flushIntervalMs: 100, maxLines: 20 } } });
    const data = new DataFolder(stage.folder, stage.engines.env);
    const api = await stage.start();
    const keys = Array.from({ length: 60 }, (_, index) => `dir ${index % 3}/测 ${index}\t+`);
    await seedAll(keys);
    const [busy, stopped, gone] = [await stage.createTask(), await stage.createTask(), await stage.createTask()];
    await api.sync(busy, [...keys, 'missing/1', 'missing/2']);
    await api.settled(busy, 62);
    await api.sync(busy, keys.slice(0, 10));
    await api.sync(stopped, ['other']);
    await Promise.all([api.settled(busy, 72), api.settled(stopped, 1)]);
    for (const id of [stopped, gone]) await api.tasks('POST', `/${id}/stop`);
    await api.tasks('DELETE', `/${gone}`);
    // The stop writes the last lists, so nothing is added to the log from here on.
    expect(await stage.service.stop()).toBe(0);
    const at = Date.now();
    const before = await told(await stage.start(), [busy, stopped, gone], at);
    expect(JSON.stringify(before)).toContain('monthly_success_object\\":60');
    expect(await stage.service.stop()).toBe(0);

    const { code, output } = await data.rebuild();
    expect(output).toMatch(/^[1-9]\d* list files are byte for byte what the log gives, 0 are not$/m);
    expect(code).toBe(0);
    expect(await told(await stage.start(), [busy, stopped, gone], at)).toEqual(before);
    expect(await stage.service.stop()).toBe(0);

    data.dropViews();
    const again = await stage.start();
    await until(async () => (await fetch(`${again.baseUrl}/health/ready`)).status === 200);
    expect(await told(again, [busy, stopped, gone], at)).toEqual(before);
  }, 60_000);

  it('are not rebuilt under a running service', async () => {
    stage = await SyncStage.build();
    await stage.start();
    const { code, output } = await new DataFolder(stage.folder, stage.engines.env).rebuild();
    expect(code).toBe(1);
    expect(output).toMatch(/in use by another process/);
    expect((await stage.api.tasks('GET')).status).toBe(200);
  }, 40_000);
});

describe('back-pressure', () => {
  it('answers 503 OMS.2004 at the bound, records nothing of what it refuses, and takes events again when it drained', async () => {
    stage = await SyncStage.build({ config: { queue: { maxUnsettledKeys: 20 } } });
    const api = await stage.start();
    const keys = Array.from({ length: 40 }, (_, index) => `press/${index}`);
    await seedAll(keys);
    const taskId = await stage.createTask();
    stage.source.faults.always({ operation: 'GetObject' }, { kind: 'stall', when: 'before-headers' });
    const post = (object_keys: readonly string[]) =>
      api.tasks<{ error_code: string }>('POST', `/${taskId}/events`, { object_keys });
    const answers: number[] = [];
    for (const key of keys) answers.push((await post([key])).status);
    expect(answers).toEqual(keys.map((_, index) => (index < 20 ? 200 : 503)));
    expect(await post(keys.slice(20, 30))).toMatchObject({ status: 503, body: { error_code: 'OMS.2004' } });
    expect(await metric('openoms_queue_unsettled_keys')).toBe(20);
    await until(async () => (await api.ledger(taskId)).requested.objects === 20);

    stage.source.faults.clear();
    expect(await api.settled(taskId, 20)).toMatchObject({
      requested: { objects: 20 },
      synced: { objects: 20 },
      balanced: true,
    });
    await until(async () => (await metric('openoms_queue_unsettled_keys')) === 0);
    for (const key of keys.slice(20)) expect(stage.destination.object(TO, key)).toBeUndefined();
    expect((await post(keys.slice(20))).status).toBe(200);
    expect(await api.settled(taskId, 40)).toMatchObject({
      requested: { objects: 40 },
      synced: { objects: 40 },
      balanced: true,
    });
  }, 40_000);
});

interface DeadLetters {
  readonly dead_letters: readonly {
    readonly dead_letter_id: number;
    readonly message_id: string;
    readonly reason: string;
    readonly sync_task_id: string | null;
    readonly object_keys: readonly string[] | null;
  }[];
  readonly next_after: number | null;
}

describe('messages that cannot be handled', () => {
  const message = (id: string, body: string | object, headers: Record<string, string> = {}) => ({
    id,
    key: id,
    weight: 1,
    headers,
    body: Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)),
  });
  const list = async (query = '', project = 'stage') =>
    (await stage.api.call<DeadLetters>('GET', `/v2/${project}/sync-events/dead-letters${query}`)).body;
  const redrive = (id: number, project = 'stage') =>
    stage.api.call('POST', `/v2/${project}/sync-events/dead-letters/${id}/redrive`);

  it('become dead letters with a reason, can be redriven, and hold up nothing', async () => {
    stage = await SyncStage.build();
    await seedAll(['good']);
    await stage.start();
    const taskId = await stage.createTask();
    expect(await stage.service.stop()).toBe(0);
    const unknown = { sync_task_id: 'nobody', object_keys: ['a%20b'] };
    await stage.engines.publish([
      message('poison', '{"sync_task_id": 7'),
      message('stranger', unknown, { 'project-id': 'stage' }),
      message('bad-key', { sync_task_id: taskId, object_keys: ['%FF'] }),
      message('good', { sync_task_id: taskId, object_keys: ['good'] }),
    ]);

    const api = await stage.start();
    expect(await api.settled(taskId, 1)).toMatchObject({ synced: { objects: 1 }, balanced: true });
    await until(async () => (await metric('openoms_queue_dead_letters')) === 3);
    const { dead_letters: letters, next_after } = await list();
    expect(next_after).toBeNull();
    const byId = new Map(letters.map((letter) => [letter.message_id, letter]));
    expect(byId.get('poison')).toMatchObject({ reason: 'not-decodable', sync_task_id: null, object_keys: null });
    expect(byId.get('stranger')).toMatchObject({
      reason: 'unknown-task',
      sync_task_id: 'nobody',
      object_keys: ['a%20b'],
    });
    expect(byId.get('bad-key')).toMatchObject({ reason: 'not-decodable' });
    const first = await list('?limit=1');
    expect(first.dead_letters).toEqual(letters.slice(0, 1));
    expect((await list(`?after=${first.next_after ?? -1}`)).dead_letters).toEqual(letters.slice(1));

    const [poison, stranger] = [byId.get('poison')!.dead_letter_id, byId.get('stranger')!.dead_letter_id];
    expect((await list('', 'other')).dead_letters.map((letter) => letter.message_id)).not.toContain('stranger');
    expect(await redrive(stranger, 'other')).toMatchObject({ status: 404, body: { error_code: 'OMS.1009' } });
    expect((await redrive(poison)).status).toBe(200);
    await until(async () => (await metric('openoms_queue_dead_letters')) === 3);
    const redriven = (await list()).dead_letters.find((letter) => letter.message_id === 'poison');
    expect(redriven?.reason).toBe('not-decodable');
    expect(redriven?.dead_letter_id).toBeGreaterThan(poison);
    expect(await redrive(poison)).toMatchObject({ status: 404, body: { error_code: 'OMS.1009' } });

    await seedAll(['after']);
    await api.sync(taskId, ['after']);
    expect(await api.settled(taskId, 2)).toMatchObject({ synced: { objects: 2 }, balanced: true });
    await until(async () => (await metric('openoms_queue_unsettled_keys')) === 0);
  }, 40_000);
});
