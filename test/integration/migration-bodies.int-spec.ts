import { setTimeout as sleep } from 'node:timers/promises';
import { IMPATIENT } from '../support/fault-mix.js';
import { srcNode } from '../support/migration-api.js';
import { MigrationScene } from '../support/migration-scene.js';
import { keysOf, Verdicts } from '../support/migration-verdicts.js';
import type { Fault } from '../support/s3-endpoint/s3-endpoint.js';

const WRITES = ['PutObject', 'UploadPart', 'CompleteMultipartUpload'] as const;
const isList = ({ key }: { readonly key: string }) => key.includes('_object_lists/');

let scene: MigrationScene;
const verdicts = new Verdicts(() => scene);

beforeAll(async () => {
  scene = await MigrationScene.build({ tasks: { pageObjects: 100 }, transfer: IMPATIENT });
}, 60_000);

afterEach(() => {
  scene.source.faults.clear();
  scene.destination.faults.clear();
});

afterAll(() => scene.strike());

const start = (prefix: string, more: object = {}) =>
  scene.api.create({ src_node: srcNode({ object_key: [prefix] }), ...more });

describe('bodies', () => {
  it.each<[string, Fault]>([
    ['are cut short', { kind: 'truncate' }],
    ['are shorter than they say', { kind: 'wrong-length', delta: 7 }],
    ['have a byte changed', { kind: 'corrupt' }],
    ['break off', { kind: 'reset', when: 'mid-body' }],
    ['never come', { kind: 'stall', when: 'before-headers' }],
    ['stand still', { kind: 'stall', when: 'mid-body' }],
    ['come slowly', { kind: 'drip', bytes: 5, everyMs: 20 }],
  ])('that %s now and then are read again', async (how, fault) => {
    const prefix = `body ${how}/`;
    const keys = keysOf(prefix, 100);
    await scene.seed(...keys);
    for (const key of keys.filter((_, index) => index % 5 === 0))
      scene.source.faults.next({ operation: 'GetObject', key }, fault);
    await verdicts.expectAllCopied(await start(prefix), keys);
  });

  it('that are always cut short are failures of their objects', async () => {
    const [good, bad] = [keysOf('cut/a', 60), keysOf('cut/b', 20)];
    await scene.seed(...good, ...bad);
    scene.source.faults.always({ operation: 'GetObject', keyPrefix: 'cut/b' }, { kind: 'truncate' });
    await verdicts.expectFailed(await start('cut/'), good, bad, 'TRF.0157');
    expect(scene.copies('cut/b')).toEqual([]);
  });
});

describe('a destination that', () => {
  it('refuses what is below a prefix fails those objects', async () => {
    const [good, bad] = [keysOf('into/open/', 80), keysOf('into/closed/', 40)];
    await scene.seed(...good, ...bad);
    scene.destination.faults.always(
      { operation: WRITES, keyPrefix: 'into/closed/' },
      { kind: 'error', code: 'AccessDenied' },
    );
    const id = await start('into/');
    const task = await verdicts.ended(id);
    expect(task).toMatchObject({ status: 4, successful_num: 80, failed_num: 40 });
    const lists = await scene.lists(id);
    expect(lists.failed.map(({ name }) => name)).toEqual(bad);
    for (const { code } of lists.failed) expect(['TRF.0051', 'TRF.0052', 'TRF.0054']).toContain(code);
  });

  it('takes no lists does not keep objects from being copied, and the task says so', async () => {
    const keys = keysOf('nolists/', 30);
    await scene.seed(...keys);
    scene.destination.faults.always({ operation: WRITES, when: isList }, { kind: 'error', code: 'AccessDenied' });
    const id = await start('nolists/');
    const task = await verdicts.ended(id);
    expect(task).toMatchObject({ successful_num: 30, failed_num: 0 });
    expect(task.success_record_error_reason).toBeTruthy();
    expect(await scene.wrongCopies(keys)).toEqual([]);
  });

  it('is busy with one list for a while has it all the same', async () => {
    const keys = keysOf('late/', 250);
    await scene.seed(...keys);
    scene.destination.faults.always(
      { operation: WRITES, when: isList },
      { kind: 'error', code: 'SlowDown', retryAfterSeconds: 1 },
      { times: 2 },
    );
    await verdicts.expectAllCopied(await start('late/'), keys);
  });
});

it('a task under faults can be paused within seconds', async () => {
  await scene.seed(...keysOf('stuck/', 50));
  scene.source.faults.always({ operation: 'GetObject' }, { kind: 'stall', when: 'mid-body' });
  const id = await start('stuck/');
  await scene.api.reached(id, [2]);
  await sleep(300);
  await scene.api.stop(id);
  expect(await scene.api.reached(id, [3], 10_000)).toMatchObject({ status: 3 });
});
