import { Registry } from 'prom-client';
import { StoreCallMetrics } from './store-call-metrics.js';

it('counts calls and bytes by endpoint and operation, however often they are asked for', async () => {
  const registry = new Registry();
  const calls = new StoreCallMetrics(registry);
  calls.call('here', 'put', 'ok', 20, 100);
  calls.call('here', 'put', 'ok', 700, 50);
  calls.call('here', 'put', 'timeout', 40_000, 0);
  calls.call('there', 'head', 'ok', 1, 0);
  await registry.metrics();
  const lines = (await registry.metrics()).split('\n');
  const put = 'endpoint="here",operation="put"';
  expect(lines).toEqual(
    expect.arrayContaining([
      `openoms_store_call_duration_seconds_bucket{le="0.05",${put},outcome="ok"} 1`,
      `openoms_store_call_duration_seconds_bucket{le="+Inf",${put},outcome="ok"} 2`,
      `openoms_store_call_duration_seconds_sum{${put},outcome="ok"} 0.72`,
      `openoms_store_call_duration_seconds_bucket{le="30",${put},outcome="timeout"} 0`,
      `openoms_store_call_duration_seconds_count{${put},outcome="timeout"} 1`,
      'openoms_store_call_duration_seconds_bucket{le="0.001",endpoint="there",operation="head",outcome="ok"} 1',
    ]),
  );
  expect(lines.filter((line) => line.startsWith('openoms_store_bytes_total'))).toEqual([
    `openoms_store_bytes_total{${put}} 150`,
  ]);
});
