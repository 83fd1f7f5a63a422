import { ClusterStage } from '../support/cluster/cluster-stage.js';
import { until } from '../support/until.js';

const WORKERS = ['worker-1', 'worker-2', 'worker-3'] as const;
const LEASE_TTL_MS = 6000;

let stage: ClusterStage;
let taskId: string;
let requested = 0;

const metric = async (name: string, line: string): Promise<string | undefined> => {
  const text = await (await fetch(`${stage.process(name).url}/metrics`)).text();
  return text
    .split('\n')
    .find((each) => each.startsWith(`${line} `))
    ?.slice(line.length + 1);
};
const hasDuties = async (name: string): Promise<boolean> =>
  (await metric(name, 'openoms_lease_held{lease="sync-duties"}')) === '1';
const holders = async (alive: readonly string[]): Promise<readonly string[]> => {
  const held = await Promise.all(alive.map(async (name) => ((await hasDuties(name)) ? [name] : [])));
  return held.flat();
};

/** Posts events and waits until all outcomes so far stand in list files. */
async function listed(keys: readonly string[]): Promise<void> {
  for (const key of keys) await stage.source.seed(ClusterStage.sourceBucket, key, `content of ${key}`);
  await stage.api('api').sync(taskId, keys);
  requested += keys.length;
  await stage.api('api').settled(taskId, requested);
  // A copy whose partition moved to another worker may be made there again, and then is found up to date.
  const lines = async () => [
    ...(await stage.lines(taskId, 'success_object_lists')),
    ...(await stage.lines(taskId, 'skip_object_lists')),
  ];
  await until(async () => (await lines()).length >= requested, 30_000);
  expect(await lines()).toHaveLength(requested);
  const names = (await lines()).map((line) => line.split('\t')[1]);
  expect(new Set(names).size).toBe(requested);
}

const keys = (prefix: string) => Array.from({ length: 40 }, (_, index) => `${prefix}/${index}`);

beforeAll(async () => {
  stage = await ClusterStage.build({ config: { cluster: { leaseTtlMs: LEASE_TTL_MS } } });
  await stage.start('api', 'api');
  taskId = await stage.createTask(stage.api('api'));
  for (const worker of WORKERS) await stage.start(worker, 'worker');
  await stage.engines.groupOf(WORKERS.length);
}, 120_000);

afterAll(() => stage.strike(), 60_000);

it('the duties of all workers are those of one, and no api process asks for them', async () => {
  await until(async () => (await holders(WORKERS)).length === 1);
  expect(await metric('api', 'openoms_lease_held{lease="sync-duties"}')).toBeUndefined();
  await listed(keys('first'));
  expect(await holders(WORKERS)).toHaveLength(1);
}, 60_000);

it('another worker takes them over within seconds when it is killed, and no line is lost or written twice', async () => {
  const [holder = ''] = await holders(WORKERS);
  const others = WORKERS.filter((name) => name !== holder);
  await stage.process(holder).kill();
  const killedAt = performance.now();
  await until(async () => (await holders(others)).length === 1, 30_000);
  expect(performance.now() - killedAt).toBeLessThan(20_000);
  await listed(keys('second'));
  await stage.start(holder, 'worker');
}, 90_000);

it('at once when it is stopped', async () => {
  const [holder = ''] = await holders(WORKERS);
  const others = WORKERS.filter((name) => name !== holder);
  expect(await stage.process(holder).stop()).toBe(0);
  const stoppedAt = performance.now();
  await until(async () => (await holders(others)).length === 1, 30_000);
  expect(performance.now() - stoppedAt).toBeLessThan(LEASE_TTL_MS);
  await listed(keys('third'));
}, 90_000);
