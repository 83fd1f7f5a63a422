import type { IncomingHttpHeaders } from 'node:http';
import { IMPATIENT } from '../support/fault-mix.js';
import { createTasks, MigrationChaos } from '../support/migration-chaos.js';
import { namesIn, stampsOf } from '../support/migration-lists.js';
import { MigrationScene } from '../support/migration-scene.js';
import { keysOf } from '../support/migration-verdicts.js';
import { seededRandom } from '../support/seeded-random.js';

const SEED = Number(process.env['OPENOMS_TEST_SEED'] ?? Date.now() % 1_000_000);
const PART = 5 * 1024 * 1024;
const OBJECTS = 1200;
const RAGE_MS = 60_000;
const PREFIXES = ['one/', 'two/', 'three/'];

let scene: MigrationScene;

beforeAll(async () => {
  scene = await MigrationScene.build({
    tasks: { pageObjects: 50, objectsInFlight: 8, runningPerWorker: 2 },
    transfer: { ...IMPATIENT, partConcurrency: 2 },
    log: { level: 'error' },
  });
}, 60_000);

afterAll(() => scene.strike());

it('stops, starts, limits, kills and storms in any order leave every task whole in the end', async () => {
  process.stderr.write(`OPENOMS_TEST_SEED=${SEED}\n`);
  const keys = PREFIXES.map((prefix) => keysOf(prefix, OBJECTS));
  for (const each of keys) {
    await scene.seed(...each);
    await scene.source.seed('from', each[77] ?? '', Buffer.alloc(3 * PART + 5, each[77]));
  }
  const ids = await createTasks(scene, PREFIXES);
  // Slow enough that there is something to disturb all the time.
  const slowly = { kind: 'drip', bytes: 2, everyMs: 15 } as const;
  const isWhole = ({ headers }: { readonly headers: IncomingHttpHeaders }) => headers.range === undefined;
  const chaos = new MigrationChaos(scene, ids, seededRandom(SEED), () =>
    scene.source.faults.always({ operation: 'GetObject', when: isWhole }, slowly),
  );
  await chaos.rage(RAGE_MS);
  await chaos.settle(120_000);
  process.stderr.write(`${JSON.stringify(chaos.done)}\n`);
  const files = await scene.listFiles();
  for (const [at, id] of ids.entries()) {
    const task = await scene.api.show(id);
    expect(task).toMatchObject({ status: 5, total_num: OBJECTS, failed_num: 0, progress: 1 });
    expect(task.successful_num + task.skipped_num).toBe(OBJECTS);
    expect(task.complete_size).toBe(task.total_size);
    const all = keys[at] ?? [];
    expect(await scene.wrongCopies(all)).toEqual([]);
    const ends = new Set<string>();
    for (const stamp of stampsOf(files, id)) {
      const lists = await scene.lists(id, { stamp });
      const names = namesIn(lists);
      const listedTwice = names.filter((name, place) => names[place - 1] === name);
      const where = [...files].filter(
        ([key, text]) => key.includes(stamp) && listedTwice.some((name) => text.includes(name)),
      );
      expect([listedTwice, where.map(([key]) => key)]).toEqual([[], []]);
      for (const { name } of [...lists.succeeded, ...lists.skipped]) ends.add(name);
    }
    expect([...ends].sort()).toEqual(all);
  }
  // An upload that a kill cut off before it was recorded is known to nobody; it holds no parts yet.
  expect(scene.destination.uploads('to').filter(({ parts }) => parts.length > 0)).toEqual([]);
}, 300_000);
