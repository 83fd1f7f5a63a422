import { Metrics } from './http/metrics.js';
import { ServiceMetrics } from './service-metrics.js';

it('counts the calls to stores and their bytes by endpoint and operation', async () => {
  const metrics = new Metrics();
  const { storeObserver } = new ServiceMetrics(metrics);
  storeObserver.call('here', 'put', 'ok', 20, 100);
  storeObserver.call('here', 'put', 'ok', 700, 50);
  storeObserver.call('here', 'put', 'timeout', 40_000, 0);
  storeObserver.call('there', 'head', 'ok', 1, 0);
  const lines = (await metrics.registry.metrics()).split('\n');
  const put = 'endpoint="here",operation="put"';
  expect(lines).toEqual(
    expect.arrayContaining([
      `openoms_store_call_duration_seconds_bucket{le="0.05",${put},outcome="ok"} 1`,
      `openoms_store_call_duration_seconds_sum{${put},outcome="ok"} 0.72`,
      `openoms_store_call_duration_seconds_count{${put},outcome="timeout"} 1`,
      'openoms_store_call_duration_seconds_bucket{le="0.001",endpoint="there",operation="head",outcome="ok"} 1',
    ]),
  );
  expect(lines.filter((line) => line.startsWith('openoms_store_bytes_total'))).toEqual([
    `openoms_store_bytes_total{${put}} 150`,
  ]);
});
