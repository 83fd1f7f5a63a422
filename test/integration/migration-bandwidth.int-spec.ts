import { setTimeout as sleep } from 'node:timers/promises';
import { MigrationApi } from '../support/migration-api.js';
import { ServiceStage, type Endpoint } from '../support/service-stage.js';
import { SyntheticProcess } from '../support/synthetic/index.js';

const MIB = 1024 ** 2;
const SETTLE_MS = 2500;
const MEASURE_MS = 8000;

let endpoint: SyntheticProcess;
let stage: ServiceStage;

beforeAll(async () => {
  endpoint = await SyntheticProcess.start({
    buckets: {
      from: { kind: 'generated', count: 60_000, minBytes: 200_000, maxBytes: 300_000, etags: 'opaque' },
      to: { kind: 'sink' },
    },
  });
  stage = await ServiceStage.between<Endpoint>(endpoint, endpoint.twin, { config: { log: { level: 'warn' } } });
  await stage.start();
}, 60_000);

afterAll(async () => {
  await stage.strike();
  await endpoint.stop();
});

/** A rule for the whole day but its last minute. */
const allDay = (max_bandwidth: number) => [{ start: '00:00', end: '23:59', max_bandwidth }];

/** Bytes a second that the source gives, once the rate has settled. */
async function rate(): Promise<number> {
  await sleep(SETTLE_MS);
  const [before, from] = [(await endpoint.traffic()).sentBytes, performance.now()];
  await sleep(MEASURE_MS);
  const [after, to] = [(await endpoint.traffic()).sentBytes, performance.now()];
  return ((after - before) * 1000) / (to - from);
}

it('a rule holds a task to its rate within 10 %, and another one changes it while it runs', async () => {
  const api = new MigrationApi(stage.api);
  const id = await api.create({ bandwidth_policy: allDay(8 * MIB) });
  const limit = async (bandwidth_policy: readonly object[]) => {
    expect((await api.tasks('PUT', `/${id}/bandwidth-policy`, { bandwidth_policy })).status).toBe(200);
  };
  await api.reached(id, [2]);
  const slow = await rate();
  const shown = await api.show(id);
  expect(shown.migrate_speed / slow).toBeGreaterThan(0.7);
  expect(shown.migrate_speed / slow).toBeLessThan(1.4);
  const left = ((shown.total_size - shown.complete_size) / shown.migrate_speed) * 1000;
  expect(Math.abs(shown.left_time - left)).toBeLessThan(1000);
  await limit(allDay(20 * MIB));
  const fast = await rate();
  await limit(allDay(4 * MIB));
  const slowest = await rate();
  process.stderr.write(`MiB/s: ${[slow, fast, slowest].map((each) => (each / MIB).toFixed(2)).join(', ')}\n`);
  const shares = [slow / 8, fast / 20, slowest / 4].map((each) => each / MIB);
  for (const share of shares) {
    expect(share).toBeGreaterThan(0.9);
    expect(share).toBeLessThan(1.1);
  }
  await limit([]);
  expect(await rate()).toBeGreaterThan(30 * MIB);
  await api.stop(id);
  await api.reached(id, [3], 15_000);
}, 120_000);
