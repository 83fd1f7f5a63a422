import { Histogram, Registry } from 'prom-client';
import { TalliedHistogram } from './tallied-histogram.js';

const configuration = {
  name: 'durations',
  help: 'How long',
  labelNames: ['who', 'how'] as const,
  buckets: [0.1, 1, 5],
};

it('shows what prom-client shows of the same observations', async () => {
  const [mine, usual] = [new Registry(), new Registry()];
  const tallied = new TalliedHistogram({ ...configuration, registers: [mine] });
  const plain = new Histogram({ ...configuration, registers: [usual] });
  for (const [labels, values] of [
    [{ who: 'a', how: 'well' }, [0.05, 0.1, 0.2, 1, 7]],
    [{ who: 'a', how: 'badly' }, [2]],
    [{ who: 'b', how: 'well' }, []],
  ] as const) {
    const tally = tallied.tally(labels);
    for (const value of values) {
      tally.observe(value);
      plain.observe(labels, value);
    }
    if (values.length === 0) plain.zero(labels);
  }
  expect(await mine.metrics()).toBe(await usual.metrics());
  expect(await mine.getMetricsAsJSON()).toMatchObject([{ name: 'durations', type: 'histogram' }]);
});
