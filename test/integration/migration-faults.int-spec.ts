import { setTimeout as sleep } from 'node:timers/promises';
import { IMPATIENT } from '../support/fault-mix.js';
import { srcNode } from '../support/migration-api.js';
import { endlessPages, LISTINGS, refuseListing, whenListed } from '../support/migration-faults.js';
import { namesIn } from '../support/migration-lists.js';
import { contentOf, MigrationScene } from '../support/migration-scene.js';
import { keysOf, Verdicts } from '../support/migration-verdicts.js';
import type { Fault } from '../support/s3-endpoint/s3-endpoint.js';
import { until } from '../support/until.js';

const [FROM, TO] = ['from', 'to'];
/** Each task looks at the source once before it lists it. */
const LOOK_AND_LIST = 2;

let scene: MigrationScene;
const verdicts = new Verdicts(() => scene);

beforeAll(async () => {
  scene = await MigrationScene.build({
    tasks: { pageObjects: 100 },
    transfer: { ...IMPATIENT, attempts: 5, maxDelayMs: 1500 },
  });
}, 60_000);

afterEach(() => {
  scene.source.faults.clear();
  scene.destination.faults.clear();
});

afterAll(() => scene.strike());

const start = (prefix: string, more: object = {}) =>
  scene.api.create({ src_node: srcNode({ object_key: [prefix] }), ...more });

describe('a source that is busy', () => {
  it('for a while, and says when to come back, costs time only', async () => {
    const keys = keysOf('storm/', 300);
    await scene.seed(...keys);
    const storm = () => scene.source.faults.always({}, { kind: 'error', code: 'SlowDown', retryAfterSeconds: 1 });
    storm();
    const id = await start('storm/');
    await sleep(2500);
    scene.source.faults.clear();
    await until(() => scene.copies('storm/').length > 0);
    storm();
    await sleep(1500);
    scene.source.faults.clear();
    await verdicts.expectAllCopied(id, keys);
  });

  it('for a share of its requests does not fail anything', async () => {
    const keys = keysOf('share/', 300);
    await scene.seed(...keys);
    for (const endpoint of [scene.source, scene.destination])
      endpoint.faults.sometimes({}, { kind: 'error', code: 'SlowDown' }, 0.05, 7);
    const id = await start('share/');
    expect((await verdicts.ended(id)).failed_num).toBeLessThan(5);
    scene.source.faults.clear();
    scene.destination.faults.clear();
    if ((await scene.api.show(id)).status === 4) await scene.api.start(id, { migrate_failed_object: true });
    expect(await verdicts.ended(id)).toMatchObject({ status: 5, successful_num: 300, failed_num: 0 });
    expect(await scene.wrongCopies(keys)).toEqual([]);
  });

  it('for ever fails what it does not give', async () => {
    const [good, bad] = [keysOf('busy/a', 120), keysOf('busy/b', 60)];
    await scene.seed(...good, ...bad);
    scene.source.faults.always({ operation: 'GetObject', keyPrefix: 'busy/b' }, { kind: 'error', code: 'SlowDown' });
    await verdicts.expectFailed(await start('busy/'), good, bad, 'TRF.0159');
  });

  it('for ever with its listing fails the task', async () => {
    await scene.seed('unlisted/a');
    scene.source.faults.always({ operation: LISTINGS }, { kind: 'error', code: 'SlowDown' });
    const task = await verdicts.ended(await start('unlisted/'));
    expect([task.status, task.error_reason?.error_code]).toEqual([4, 'TRF.0159']);
    expect(scene.copies('unlisted/')).toEqual([]);
  });
});

describe('a source that refuses', () => {
  it('the objects below a prefix fails those and copies the others', async () => {
    const [good, bad] = [keysOf('some/open/', 250), keysOf('some/closed/', 150)];
    await scene.seed(...good, ...bad);
    scene.source.faults.always(
      { operation: ['GetObject', 'HeadObject'], keyPrefix: 'some/closed/' },
      { kind: 'error', code: 'AccessDenied' },
    );
    await verdicts.expectFailed(await start('some/'), good, bad, 'TRF.0152');
  });

  it('to list one of two prefixes fails the task, and says what was done before', async () => {
    const keys = keysOf('first/', 150);
    await scene.seed(...keys, 'second/a');
    refuseListing(scene.source, FROM, 'second/');
    const id = await scene.api.create({ src_node: srcNode({ object_key: ['first/', 'second/'] }) });
    const task = await verdicts.ended(id);
    expect(task.status).toBe(4);
    expect(['TRF.0152', 'TRF.0153', 'TRF.0154']).toContain(task.error_reason?.error_code);
    const { succeeded, failed } = await scene.lists(id);
    expect(succeeded).toHaveLength(task.successful_num);
    expect(failed).toEqual([]);
    scene.source.faults.clear();
    await scene.api.start(id);
    expect(await verdicts.ended(id)).toMatchObject({ status: 5, total_num: 151, failed_num: 0 });
    expect(await scene.wrongCopies([...keys, 'second/a'])).toEqual([]);
  });
});

describe('a source that changes while it is migrated', () => {
  it('fails objects that are gone since the listing passed them', async () => {
    const keys = keysOf('gone/', 150);
    await scene.seed(...keys);
    const bad = keys.filter((_, index) => index % 10 === 3);
    whenListed(scene.source, FROM, LOOK_AND_LIST, () => bad.forEach((key) => scene.source.remove(FROM, key)));
    const good = keys.filter((key) => !bad.includes(key));
    await verdicts.expectFailed(await start('gone/'), good, bad, 'TRF.0156');
  });

  it('copies the newest of objects that were replaced since, whatever their size', async () => {
    const keys = keysOf('new/', 150);
    await scene.seed(...keys);
    const replace = async (key: string, index: number) =>
      scene.source.seed(FROM, key, index % 2 === 0 ? contentOf(key).toUpperCase() : `${contentOf(key)}, longer`);
    whenListed(scene.source, FROM, LOOK_AND_LIST, () => Promise.all(keys.slice(0, 40).map(replace)));
    const id = await start('new/');
    expect(await verdicts.ended(id)).toMatchObject({ status: 5, total_num: 150, successful_num: 150 });
    expect(namesIn(await scene.lists(id))).toEqual(keys);
    expect(await scene.wrongCopies(keys)).toEqual([]);
  });
});

describe('a listing that is broken', () => {
  it.each<[string, () => Fault]>([
    ['gives the same token again', () => ({ kind: 'repeat-token' })],
    ['has empty pages for ever', () => endlessPages()],
    ['has the same keys for ever', () => endlessPages(['broken/00000', 'broken/00001'])],
    ['has keys out of order', () => ({ kind: 'unsorted' })],
    ['has keys outside its prefix', () => endlessPages(['apart/a'])],
    ['is no listing', () => ({ kind: 'document', text: () => '<html>busy</html>' })],
  ])('because it %s fails the task soon', async (_how, fault) => {
    const keys = keysOf('broken/', 20);
    await scene.seed(...keys);
    scene.source.faults.always({ operation: LISTINGS }, fault());
    const id = await start('broken/');
    const task = await verdicts.ended(id);
    expect([task.status, task.error_reason?.error_code]).toEqual([4, 'TRF.0157']);
    expect(namesIn(await scene.lists(id))).toHaveLength(task.successful_num + task.skipped_num);
    scene.source.faults.clear();
    await scene.api.start(id);
    expect(await verdicts.ended(id)).toMatchObject({ status: 5, total_num: 20, failed_num: 0 });
  });

  it('at the destination does not copy anything wrong', async () => {
    const keys = keysOf('beside/', 20);
    await scene.seed(...keys);
    scene.destination.faults.always({ operation: LISTINGS }, { kind: 'unsorted' });
    await scene.destination.seed(TO, keys[3] ?? '', contentOf(keys[3] ?? ''));
    await scene.destination.seed(TO, keys[5] ?? '', contentOf(keys[5] ?? ''));
    const task = await verdicts.ended(await start('beside/'));
    if (task.status === 4) expect(task.error_reason?.error_code).toBe('TRF.0061');
    else expect(await scene.wrongCopies(keys)).toEqual([]);
  });
});
