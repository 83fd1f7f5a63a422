import { cdnGate, HttpSource } from '../support/http-source/index.js';
import { dstNode, srcNode } from '../support/migration-api.js';
import { contentOf, MigrationScene, watch } from '../support/migration-scene.js';

const LONG_AGO = new Date('2026-01-02T03:04:05Z');
const LATER = new Date('2026-02-02T03:04:05Z');
const [FROM, TO] = ['from', 'to'];

let scene: MigrationScene;

beforeAll(async () => {
  scene = await MigrationScene.build({
    tasks: { restorePollMs: 100, restoreTimeoutMs: 20_000 },
    urlSource: { allowPrivateNetworks: true },
  });
}, 60_000);

afterEach(() => {
  scene.source.faults.clear();
  scene.destination.faults.clear();
});

afterAll(() => scene.strike());

/** Migrates what is below a prefix to the same keys. */
const migrate = async (prefix: string, more: object = {}) => {
  const id = await scene.api.create({ src_node: srcNode({ object_key: [prefix] }), dst_node: dstNode(), ...more });
  return scene.api.ended(id);
};

describe('the overwrite mode', () => {
  it.each([
    ['NO_OVERWRITE', ['missing']],
    ['SIZE_LAST_MODIFIED_COMPARISON_OVERWRITE', ['longer', 'missing', 'newer']],
    ['CRC64_COMPARISON_OVERWRITE', ['longer', 'missing', 'newer']],
    ['FULL_OVERWRITE', ['longer', 'missing', 'newer', 'same']],
  ])('%s copies %j', async (object_overwrite_mode, copied) => {
    const at = (name: string) => `${object_overwrite_mode}/${name}`;
    for (const name of ['longer', 'missing', 'newer', 'same'])
      await scene.source.seed(FROM, at(name), `source of ${name}`, {
        lastModified: name === 'newer' ? LATER : LONG_AGO,
      });
    await scene.destination.seed(TO, at('longer'), 'short', { lastModified: LATER });
    await scene.destination.seed(TO, at('newer'), 'staler of newer'.slice(0, 15), { lastModified: LONG_AGO });
    await scene.destination.seed(TO, at('same'), 'stayed of same'.slice(0, 14), { lastModified: LATER });
    const src_node = srcNode({ cloud_type: 'HuaweiCloud', region: 'stage-source', object_key: [at('')] });
    const task = await migrate('', { src_node, object_overwrite_mode });
    expect(task).toMatchObject({ status: 5, successful_num: copied.length, skipped_num: 4 - copied.length });
    const lists = await scene.lists(task.id);
    expect(lists.succeeded.map(({ name }) => name)).toEqual(copied.map(at));
    for (const name of copied)
      expect((await scene.destination.object(TO, at(name))?.content())?.toString()).toBe(`source of ${name}`);
  });
});

it('migrate_since, in seconds, leaves out what is not newer, and is shown in milliseconds', async () => {
  const times = { old: LONG_AGO, exact: LATER, young: new Date(LATER.getTime() + 1000) };
  for (const [name, lastModified] of Object.entries(times))
    await scene.source.seed(FROM, `since/${name}`, contentOf(name), { lastModified });
  const task = await migrate('since/', { migrate_since: LATER.getTime() / 1000 });
  expect(task).toMatchObject({ status: 5, successful_num: 1, skipped_num: 2, migrate_since: LATER.getTime() });
  expect(scene.copies('since/')).toEqual(['young']);
  expect((await scene.lists(task.id)).skipped.map(({ name, reason }) => [name, reason])).toEqual([
    ['since/exact', 'NOT_MODIFIED_SINCE'],
    ['since/old', 'NOT_MODIFIED_SINCE'],
  ]);
});

it.each([true, false])('enable_metadata_migration: %s', async (enable_metadata_migration) => {
  const key = `metadata-${enable_metadata_migration}/o`;
  const headers = { 'cache-control': 'no-store', 'x-amz-meta-colour': 'green' };
  await scene.source.seed(FROM, key, 'text', { contentType: 'text/x-own', headers });
  expect(await migrate(key, { enable_metadata_migration })).toMatchObject({ status: 5, enable_metadata_migration });
  const copy = scene.destination.object(TO, key);
  expect(copy?.headers['content-type']).toBe('text/x-own');
  expect(copy?.headers['cache-control']).toBe(enable_metadata_migration ? 'no-store' : undefined);
  expect(copy?.headers['x-amz-meta-colour']).toBe(enable_metadata_migration ? 'green' : undefined);
});

describe('the storage policy', () => {
  it.each([
    ['STANDARD', 'STANDARD', 'STANDARD'],
    ['IA', 'STANDARD_IA', 'STANDARD_IA'],
    ['ARCHIVE', 'GLACIER', 'GLACIER'],
    ['SRC_STORAGE_MAPPING', 'STANDARD', 'STANDARD_IA'],
  ])('%s', async (dst_storage_policy, ofStandard, ofInfrequent) => {
    const at = (name: string) => `policy-${dst_storage_policy}/${name}`;
    await scene.source.seed(FROM, at('standard'), 'text');
    await scene.source.seed(FROM, at('infrequent'), 'text', { storageClass: 'STANDARD_IA' });
    expect(await migrate(at(''), { dst_storage_policy })).toMatchObject({ status: 5, dst_storage_policy });
    const classOf = (name: string) => scene.destination.object(TO, at(name))?.storageClass;
    expect([classOf('standard'), classOf('infrequent')]).toEqual([ofStandard, ofInfrequent]);
  });
});

it('enable_kms asks the destination to encrypt', async () => {
  await scene.seed('kms/o');
  expect(await migrate('kms/', { enable_kms: true })).toMatchObject({ status: 5, enable_kms: true });
  expect(scene.destination.object(TO, 'kms/o')?.encryption).toBe('aws:kms');
});

it('enable_requester_pays says so to the source with every request, and not to the destination', async () => {
  await scene.seed('pays/o');
  const [asked, told] = [watch(scene.source), watch(scene.destination)];
  const task = await migrate('pays/', { enable_requester_pays: true });
  expect(task).toMatchObject({ status: 5, enable_requester_pays: true });
  const payers = (requests: typeof asked) => new Set(requests.map(({ headers }) => headers['x-amz-request-payer']));
  expect(asked.map(({ operation }) => operation)).toEqual(expect.arrayContaining(['GetObject']));
  expect(payers(asked)).toEqual(new Set(['requester']));
  expect(payers(told)).toEqual(new Set([undefined]));
});

describe('archived objects', () => {
  const seedFrozen = (key: string) => scene.source.seed(FROM, key, contentOf(key), { storageClass: 'GLACIER' });

  it('fail without enable_restore', async () => {
    await seedFrozen('frozen/o');
    const task = await migrate('frozen/');
    expect(task).toMatchObject({ status: 4, failed_num: 1 });
    expect((await scene.lists(task.id)).failed).toMatchObject([{ name: 'frozen/o', code: 'TRF.0202' }]);
  });

  it('are restored, waited for and copied with it', async () => {
    await seedFrozen('thawed/o');
    const restores = watch(scene.source, 'RestoreObject');
    const id = await scene.api.create({ src_node: srcNode({ object_key: ['thawed/'] }), enable_restore: true });
    const thaw = setInterval(() => scene.source.finishRestores(FROM), 50);
    const task = await scene.api.ended(id);
    clearInterval(thaw);
    expect(task).toMatchObject({ status: 5, successful_num: 1, enable_restore: true });
    expect(restores.length).toBeGreaterThan(0);
    expect(await scene.wrongCopies(['thawed/o'])).toEqual([]);
  });
});

it('tags and classes are those of the bucket when its objects come through a CDN', async () => {
  const key = 'cdn-tagged/o';
  const attributes = { storageClass: 'STANDARD_IA', tags: { team: 'blue' } };
  await scene.source.seed(FROM, key, contentOf(key), attributes);
  const cdn = await HttpSource.start();
  cdn.serve(`/${key}`, contentOf(key));
  try {
    const source_cdn = { domain: `127.0.0.1:${cdn.port}`, protocol: 'HTTP', authentication_type: 'NONE' };
    const more = { source_cdn, enable_metadata_migration: true, dst_storage_policy: 'SRC_STORAGE_MAPPING' };
    expect(await migrate('cdn-tagged/', more)).toMatchObject({ status: 5, successful_num: 1 });
    expect(scene.destination.object(TO, key)).toMatchObject(attributes);
  } finally {
    await cdn.close();
  }
});

it('a CDN of its own authentication gives the objects that the bucket lists', async () => {
  const [keys, key] = [['cdn/a b.txt', 'cdn/ü.txt'], 'cdn-key'];
  await scene.seed(...keys);
  const cdn = await HttpSource.start({ gate: cdnGate('ALIYUN_OSS_A', { key }) });
  for (const name of keys) cdn.serve(`/${name}`, contentOf(name));
  try {
    const reads = watch(scene.source, 'GetObject');
    const shown = { domain: `127.0.0.1:${cdn.port}`, protocol: 'HTTP', authentication_type: 'ALIYUN_OSS_A' };
    const task = await migrate('cdn/', { source_cdn: { ...shown, authentication_key: key } });
    expect(task).toMatchObject({ status: 5, successful_num: 2, source_cdn: shown });
    expect(JSON.stringify(task)).not.toContain(key);
    expect(reads).toEqual([]);
    expect(cdn.requests.length).toBeGreaterThanOrEqual(2);
    expect(await scene.wrongCopies(keys)).toEqual([]);
  } finally {
    await cdn.close();
  }
});
