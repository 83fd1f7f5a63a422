import { dstNode, srcNode } from '../support/migration-api.js';
import { namesIn, stampsOf } from '../support/migration-lists.js';
import { MigrationScene, watch } from '../support/migration-scene.js';

let scene: MigrationScene;

beforeAll(async () => {
  scene = await MigrationScene.build({ tasks: { pageObjects: 10 }, transfer: { attempts: 2, baseDelayMs: 5 } });
}, 60_000);

afterEach(() => {
  scene.source.faults.clear();
  scene.destination.faults.clear();
});

afterAll(() => scene.strike());

const keysOf = (prefix: string, count: number) =>
  Array.from({ length: count }, (_, index) => `${prefix}${String(index).padStart(3, '0')} ü`);

/** A task of 30 objects, of which the ten below `denied/` cannot be read; it has failed. */
async function failedTask(name: string) {
  const [good, bad] = [keysOf(`${name}/good/`, 20), keysOf(`${name}/denied/`, 10)];
  await scene.seed(...good, ...bad);
  scene.source.faults.always(
    { operation: 'GetObject', keyPrefix: `${name}/denied/` },
    { kind: 'error', code: 'AccessDenied' },
  );
  const id = await scene.api.create({ src_node: srcNode({ object_key: [`${name}/`] }) });
  const task = await scene.api.ended(id);
  expect(task).toMatchObject({ status: 4, total_num: 30, successful_num: 20, failed_num: 10, skipped_num: 0 });
  return { task, id, good, bad };
}

describe('a task with objects that fail', () => {
  it('fails with TRF.0062 and has each object in one list', async () => {
    const { task, id, good, bad } = await failedTask('verdict');
    expect(task.error_reason?.error_code).toBe('TRF.0062');
    expect(task.progress).toBeLessThan(1);
    expect(task.failed_object_record).toMatchObject({ result: true });
    const lists = await scene.lists(id);
    expect(namesIn(lists)).toEqual([...good, ...bad].sort());
    expect(lists.failed.map(({ name, encoded }) => [name, decodeURIComponent(encoded)])).toEqual(
      bad.map((key) => [key, key]),
    );
    expect(new Set(lists.failed.map(({ storeCode, code }) => `${storeCode} ${code}`))).toEqual(
      new Set(['AccessDenied TRF.0152']),
    );
  });

  it('goes through those alone when it is started so, and counts on', async () => {
    const { id, bad } = await failedTask('retry');
    scene.source.faults.clear();
    const reads = watch(scene.source, 'GetObject');
    await scene.api.start(id, { migrate_failed_object: true });
    const task = await scene.api.ended(id);
    expect(task).toMatchObject({ status: 5, successful_num: 30, failed_num: 0, skipped_num: 0, total_num: 30 });
    expect([task.progress, task.complete_size]).toEqual([1, task.total_size]);
    expect(reads.map(({ key }) => key).sort()).toEqual(bad);
    expect(await scene.wrongCopies(bad)).toEqual([]);
    const files = await scene.listFiles();
    expect(stampsOf(files, id)).toHaveLength(2);
    const lists = await scene.lists(id);
    expect(lists.succeeded.map(({ name }) => name)).toEqual(bad);
    expect([...lists.failed, ...lists.skipped]).toEqual([]);
  });

  it('still fails when some of them fail again, with those in its list', async () => {
    const { id, bad } = await failedTask('again');
    scene.source.faults.clear();
    const [worst = ''] = bad;
    scene.source.faults.always({ operation: 'GetObject', key: worst }, { kind: 'error', code: 'AccessDenied' });
    await scene.api.start(id, { migrate_failed_object: true });
    const task = await scene.api.ended(id);
    expect(task).toMatchObject({ status: 4, successful_num: 29, failed_num: 1, total_num: 30 });
    expect((await scene.lists(id)).failed.map(({ name }) => name)).toEqual([worst]);
    scene.source.faults.clear();
    await scene.api.start(id, { migrate_failed_object: true });
    expect(await scene.api.ended(id)).toMatchObject({ status: 5, successful_num: 30, failed_num: 0 });
  });

  it('begins anew when it is started without saying so', async () => {
    const { id } = await failedTask('anew');
    scene.source.faults.clear();
    await scene.api.start(id);
    expect(await scene.api.ended(id)).toMatchObject({
      status: 5,
      total_num: 30,
      successful_num: 10,
      skipped_num: 20,
      failed_num: 0,
    });
    expect((await scene.lists(id)).succeeded).toHaveLength(10);
  });

  it('leaves a failed list that is the input of a list task', async () => {
    const { id, bad } = await failedTask('input');
    scene.source.faults.clear();
    const parts = [...(await scene.listFiles()).keys()].filter((key) =>
      key.startsWith(`oms/task/${id}/failed_object_lists/`),
    );
    expect(parts).toHaveLength(1);
    const next = await scene.api.create({
      task_type: 'list',
      src_node: srcNode({ list_file: { obs_bucket: 'to', list_file_key: parts[0] } }),
    });
    expect(await scene.api.ended(next)).toMatchObject({ status: 5, total_num: 10, successful_num: 10 });
    expect(namesIn(await scene.lists(next))).toEqual(bad);
    expect(await scene.wrongCopies(bad)).toEqual([]);
  });

  it('records nothing of them when it is told so', async () => {
    await scene.seed('silent/a');
    scene.source.faults.always({ operation: 'GetObject', key: 'silent/a' }, { kind: 'error', code: 'AccessDenied' });
    const id = await scene.api.create({
      src_node: srcNode({ object_key: ['silent/'] }),
      enable_failed_object_recording: false,
    });
    expect(await scene.api.ended(id)).toMatchObject({ status: 4, failed_num: 1 });
    expect((await scene.lists(id)).failed).toEqual([]);
    const answer = await scene.api.tasks('POST', `/${id}/start`, {
      ...scene.stage.secrets,
      migrate_failed_object: true,
    });
    expect(answer).toMatchObject({ status: 400, body: { error_code: 'OMS.0167' } });
  });
});

describe('a task that cannot work at all', () => {
  it.each([
    ['a wrong secret at the source', { src_node: srcNode({ object_key: [''], sk: 'wrong' }) }, 'TRF.0151'],
    ['an unknown source bucket', { src_node: srcNode({ object_key: [''], bucket: 'nowhere' }) }, 'TRF.0155'],
    ['a wrong secret at the destination', { dst_node: dstNode({ sk: 'wrong' }) }, 'TRF.0057'],
    ['an unknown destination bucket', { dst_node: dstNode({ bucket: 'nowhere' }) }, 'TRF.0058'],
  ])('fails for %s, and can be started with better keys', async (_what, more, code) => {
    await scene.seed('whole/a');
    const id = await scene.api.create({ src_node: srcNode({ object_key: ['whole/'] }), ...more });
    const task = await scene.api.ended(id);
    expect([task.status, task.error_reason?.error_code]).toEqual([4, code]);
    expect(JSON.stringify(task)).not.toContain('wrong');
    if (code !== 'TRF.0151' && code !== 'TRF.0057') return;
    await scene.api.start(id);
    expect(await scene.api.ended(id)).toMatchObject({ status: 5, failed_num: 0 });
  });
});
