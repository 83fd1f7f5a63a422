import { srcNode } from '../support/migration-api.js';
import { killAtRandom } from '../support/migration-kills.js';
import { namesIn, stampsOf } from '../support/migration-lists.js';
import { MigrationScene } from '../support/migration-scene.js';
import { keysOf } from '../support/migration-verdicts.js';
import { seededRandom } from '../support/seeded-random.js';
import { until } from '../support/until.js';

const SEED = Number(process.env['OPENOMS_TEST_SEED'] ?? Date.now() % 1_000_000);
const KILLS = 6;
const OBJECTS = 3000;

let scene: MigrationScene;

beforeEach(async () => {
  process.stderr.write(`OPENOMS_TEST_SEED=${SEED}\n`);
  scene = await MigrationScene.build({
    tasks: { pageObjects: 50, objectsInFlight: 8 },
    taskGroups: { taskObjects: 100 },
    transfer: { attempts: 2, baseDelayMs: 5 },
  });
}, 60_000);

afterEach(() => scene.strike(), 60_000);

const isBad = (key: string): boolean => key.endsWith('3') || key.endsWith('7');
const refuseBad = () =>
  scene.source.faults.always(
    { operation: 'GetObject', when: ({ key }) => isBad(key) },
    { kind: 'error', code: 'AccessDenied' },
  );
const slowDown = () => scene.source.faults.always({ operation: 'GetObject' }, { kind: 'drip', bytes: 10, everyMs: 10 });

it('a retry of what failed, spread over many list parts, goes through each object once whatever kills it', async () => {
  const keys = keysOf('retry/', OBJECTS);
  const bad = keys.filter(isBad);
  await scene.seed(...keys);
  refuseBad();
  const id = await scene.api.create({ src_node: srcNode({ object_key: ['retry/'] }) });
  expect(await scene.api.ended(id)).toMatchObject({ status: 4, failed_num: bad.length });
  scene.source.faults.clear();
  slowDown();
  const before = scene.copies('retry/').length;
  await scene.api.start(id, { migrate_failed_object: true });
  await killAtRandom(scene.stage, {
    kills: KILLS,
    random: seededRandom(SEED),
    progress: () => Promise.resolve((scene.copies('retry/').length - before) / bad.length),
    timeoutMs: 120_000,
  });
  const task = await scene.api.ended(id);
  expect(task).toMatchObject({ status: 5, total_num: OBJECTS, successful_num: OBJECTS, failed_num: 0, skipped_num: 0 });
  expect(task.complete_size).toBe(task.total_size);
  expect(stampsOf(await scene.listFiles(), id)).toHaveLength(2);
  const lists = await scene.lists(id);
  expect(lists.succeeded).toHaveLength(bad.length);
  expect(namesIn(lists)).toEqual(bad);
  expect(await scene.wrongCopies(keys)).toEqual([]);
}, 240_000);

it('a group that is stopped, started and killed while it is planned and run has each object once', async () => {
  const keys = keysOf('group/', OBJECTS);
  await scene.seed(...keys);
  slowDown();
  const random = seededRandom(SEED);
  const id = await scene.api.createGroup({ src_node: srcNode({ object_key: ['group/'] }) });
  for (let round = 0; round < KILLS; round++) {
    await new Promise((resolve) => setTimeout(resolve, random() * 700));
    await scene.api.groups('PUT', `/${id}/stop`);
    if (random() < 0.5) {
      await scene.stage.service.kill();
      await scene.stage.start();
    }
    const { status } = await scene.api.groupReached(id, [3, 6], 30_000);
    if (status === 6) break;
    expect((await scene.api.tasksOf(id)).filter((task) => ![3, 5].includes(task.status))).toEqual([]);
    await scene.api.drive(id, 'start');
  }
  scene.source.faults.clear();
  const group = await scene.api.groupReached(id, [4, 5, 6], 120_000);
  expect(group).toMatchObject({ status: 6, total_num: OBJECTS, success_num: OBJECTS, fail_num: 0, skip_num: 0 });
  const tasks = await scene.api.tasksOf(id);
  expect(tasks).toHaveLength(OBJECTS / 100);
  const folder = `oms/task_group/${id}`;
  const lists = await Promise.all(tasks.map((task) => scene.lists(task.id, { folder })));
  expect(lists.flatMap(namesIn).sort()).toEqual(keys);
  expect(await scene.wrongCopies(keys)).toEqual([]);
  await until(async () => (await scene.api.showGroup(id)).status === 6);
}, 240_000);
