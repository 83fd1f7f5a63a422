import { DataFolder } from '../support/data-folder.js';
import { dstNode, srcNode } from '../support/migration-api.js';
import { namesIn } from '../support/migration-lists.js';
import { contentOf, MigrationScene, watch } from '../support/migration-scene.js';
import { keysOf } from '../support/migration-verdicts.js';
import { STAGE_KEYS } from '../support/service-stage.js';
import { until } from '../support/until.js';

const PART = 5 * 1024 * 1024;
const [FROM, TO] = ['from', 'to'];
const SLOWLY = { kind: 'drip', bytes: 4, everyMs: 10 } as const;

let scene: MigrationScene;

beforeAll(async () => {
  scene = await MigrationScene.build({
    tasks: { pageObjects: 20, objectsInFlight: 8, runningPerWorker: 1 },
    taskGroups: { taskObjects: 10 },
    transfer: { multipartThresholdBytes: 2 * PART, partBytes: PART, partConcurrency: 2, bufferBytes: 65_536 },
  });
}, 60_000);

afterEach(() => {
  scene.source.faults.clear();
  scene.destination.faults.clear();
});

afterAll(() => scene.strike());

const data = () => new DataFolder(scene.stage.folder);
const create = (prefix: string, more: object = {}) =>
  scene.api.create({ src_node: srcNode({ object_key: [prefix] }), ...more });

it('SIGTERM lets a task go where it is, and after the restart nothing is done twice', async () => {
  const keys = keysOf('term/', 150);
  await scene.seed(...keys);
  const reads = watch(scene.source, 'GetObject');
  scene.source.faults.always({ operation: 'GetObject' }, SLOWLY);
  const id = await create('term/');
  await until(() => scene.copies('term/').length >= 50);
  const stoppedAt = performance.now();
  expect(await scene.stage.service.stop()).toBe(0);
  expect(performance.now() - stoppedAt).toBeLessThan(10_000);
  expect(scene.copies('term/').length).toBeLessThan(150);
  scene.source.faults.clear();
  const onward = watch(scene.source, 'GetObject');
  await scene.stage.start();
  expect(await scene.api.ended(id)).toMatchObject({ status: 5, total_num: 150, successful_num: 150, skipped_num: 0 });
  expect(namesIn(await scene.lists(id))).toEqual(keys);
  expect(reads.length + onward.length).toBeLessThanOrEqual(150 + 8);
});

it('waiting tasks run one after the other, by priority and then by age', async () => {
  const names = ['running', 'low', 'medium', 'high', 'higher'];
  for (const name of names) await scene.seed(`queue-${name}/a`);
  const stall = scene.source.faults.always(
    { key: 'queue-running/a', operation: 'GetObject' },
    { kind: 'stall', when: 'before-headers' },
  );
  const priorities = ['MEDIUM', 'LOW', 'MEDIUM', 'HIGH', 'HIGH'];
  const ids: number[] = [];
  for (const [at, name] of names.entries()) {
    ids.push(await create(`queue-${name}/`, { task_priority: priorities[at] }));
    await until(() => scene.source.faults.stalledCount > 0);
  }
  for (const id of ids.slice(1)) expect(await scene.api.show(id)).toMatchObject({ status: 1 });
  const reads = watch(scene.source, 'GetObject');
  stall.remove();
  scene.source.faults.release();
  for (const id of ids) expect(await scene.api.ended(id)).toMatchObject({ status: 5 });
  const order = reads.map(({ key }) => key).filter((key) => key !== 'queue-running/a');
  expect(order).toEqual(['high', 'higher', 'medium', 'low'].map((name) => `queue-${name}/a`));
});

it('a copy into the bucket it comes from does not copy its copies', async () => {
  const keys = keysOf('inside/', 30);
  await scene.seed(...keys);
  const place = { cloud_type: 'HuaweiCloud', region: 'stage-source', bucket: FROM };
  for (let round = 1; round <= 2; round++) {
    const id = await scene.api.create({
      src_node: srcNode({ ...place, object_key: ['inside/'] }),
      dst_node: dstNode({ region: 'stage-source', bucket: FROM, save_prefix: 'inside/copy/' }),
    });
    const task = await scene.api.ended(id);
    expect(task).toMatchObject({ status: 5, total_num: 30, [round === 1 ? 'successful_num' : 'skipped_num']: 30 });
  }
  const copies = scene.source.objects(FROM).filter(({ key }) => key.startsWith('inside/copy/'));
  expect(copies.map(({ key }) => key)).toEqual(keys.map((key) => `inside/copy/${key}`));
  expect((await copies[7]?.content())?.toString()).toBe(contentOf(keys[7] ?? ''));
});

it('a paused task that is deleted leaves no parts, no keys, and its group takes them along as well', async () => {
  await scene.source.seed(FROM, 'dropped/o', Buffer.alloc(6 * PART, 'dropped '));
  scene.source.faults.always({ operation: 'GetObject' }, { kind: 'drip', bytes: 128 * 1024, everyMs: 10 });
  const before = data().sealedKeys().size;
  const id = await create('dropped/');
  await until(() => (scene.destination.uploads(TO)[0]?.parts.length ?? 0) >= 1);
  await scene.api.stop(id);
  await scene.api.reached(id, [3], 10_000);
  expect(scene.destination.uploads(TO)).toHaveLength(1);
  expect((await scene.api.tasks('DELETE', `/${id}`)).status).toBe(200);
  await until(() => scene.destination.uploads(TO).length === 0);
  const groupId = await scene.api.createGroup({ src_node: srcNode({ object_key: ['dropped/'] }) });
  await until(() => (scene.destination.uploads(TO)[0]?.parts.length ?? 0) >= 1);
  await scene.api.drive(groupId, 'stop');
  await scene.api.groupReached(groupId, [3], 15_000);
  expect((await scene.api.groups('DELETE', `/${groupId}`)).status).toBe(200);
  await until(async () => (await scene.api.groups('GET', `/${groupId}`)).status === 404);
  await until(() => scene.destination.uploads(TO).length === 0);
  await until(() => data().sealedKeys().size <= before);
  expect(data().filesWith(STAGE_KEYS.secretKey)).toEqual([]);
});

it('a rebuild of the views shows every task and group as before', async () => {
  await scene.seed('rebuilt/a', 'rebuilt/b');
  scene.source.faults.always({ operation: 'GetObject', key: 'rebuilt/b' }, { kind: 'error', code: 'AccessDenied' });
  await scene.api.ended(await create('rebuilt/'));
  await scene.api.groupReached(
    await scene.api.createGroup({ src_node: srcNode({ object_key: ['rebuilt/'] }) }),
    [4, 5, 6],
  );
  const shown = async () => [
    (await scene.api.tasks('GET', '?limit=100')).body,
    (await scene.api.groups('GET', '?limit=100')).body,
  ];
  const before = await shown();
  expect(JSON.stringify(before)).toContain('TRF.0062');
  expect(await scene.stage.service.stop()).toBe(0);
  expect(await data().rebuild()).toMatchObject({ code: 0 });
  await scene.stage.start();
  expect(await shown()).toEqual(before);
});
