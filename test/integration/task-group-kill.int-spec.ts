import { setTimeout as sleep } from 'node:timers/promises';
import { srcNode, type GroupAnswer } from '../support/migration-api.js';
import { MigrationScene } from '../support/migration-scene.js';
import { seededRandom } from '../support/seeded-random.js';

const OBJECTS = 300;
const TASK_OBJECTS = 10;
const KILLS = 6;
const KEYS = Array.from({ length: OBJECTS }, (_, index) => `g/${String(index).padStart(4, '0')}`);

let scene: MigrationScene;

beforeAll(async () => {
  scene = await MigrationScene.build({
    taskGroups: { taskObjects: TASK_OBJECTS },
    tasks: { pageObjects: 5, runningPerWorker: 3 },
    transfer: { attempts: 3, baseDelayMs: 5 },
  });
  await scene.seed(...KEYS);
}, 60_000);

afterAll(() => scene.strike());

/** Kills the service again and again while `ask` is at work, at moments that differ; it is alive in the end. */
async function killed(seed: number, longestMs: number): Promise<void> {
  const random = seededRandom(seed);
  for (let kill = 0; kill < KILLS; kill++) {
    await sleep(random() * longestMs);
    await scene.stage.service.kill();
    await scene.stage.start();
  }
}

const keysIn = (files: ReadonlyMap<string, string>, folder: string): readonly string[] =>
  [...files].filter(([key]) => key.startsWith(folder)).flatMap(([, text]) => text.split('\n').filter(Boolean));

describe('a task group whose service is killed', () => {
  let group: GroupAnswer;

  it('while it is split and migrated has each object in one task, and all of them copied', async () => {
    const id = await scene.api.createGroup({ src_node: srcNode({ object_key: ['g/'] }) });
    await killed(7, 700);
    group = await scene.api.groupReached(id, [4, 5, 6], 60_000);
    expect(group).toMatchObject({
      ...{ status: 6, total_num: OBJECTS, fail_num: 0, total_task_num: OBJECTS / TASK_OBJECTS },
      ...{ complete_task_num: OBJECTS / TASK_OBJECTS, create_complete_num: OBJECTS },
    });
    expect(group.success_num + Number(group['skip_num'])).toBe(OBJECTS);
    expect(await scene.wrongCopies(KEYS)).toEqual([]);
    expect(keysIn(await scene.listFiles(), `oms/task_group/${id}/plan/`)).toEqual([]);
  }, 120_000);

  it('while it pauses is paused all the same, and completes once it is started', async () => {
    const id = await scene.api.createGroup({
      ...{ src_node: srcNode({ object_key: ['g/'] }), object_overwrite_mode: 'FULL_OVERWRITE' },
    });
    await sleep(600);
    expect((await scene.api.groups('PUT', `/${id}/stop`)).status).toBe(200);
    await killed(8, 200);
    group = await scene.api.groupReached(id, [3], 60_000);
    expect([group['executing_task_num'], group['waiting_task_num']]).toEqual([0, 0]);
    expect((await scene.api.groups('PUT', `/${id}/start`, scene.stage.secrets)).status).toBe(200);
    await killed(9, 300);
    expect(await scene.api.groupReached(id, [4, 5, 6], 60_000)).toMatchObject({ status: 6, total_num: OBJECTS });
  }, 120_000);

  it('while it is deleted is gone in the end, with its tasks', async () => {
    const { group_id: id } = group;
    expect((await scene.api.groups('DELETE', `/${id}`)).status).toBe(200);
    await killed(10, 100);
    const giveUpAt = Date.now() + 60_000;
    while ((await scene.api.groups('GET', `/${id}`)).status !== 404 && Date.now() < giveUpAt) await sleep(50);
    expect((await scene.api.groups('GET', `/${id}`)).status).toBe(404);
    expect(await scene.api.tasksOf(id)).toEqual([]);
  }, 120_000);
});
