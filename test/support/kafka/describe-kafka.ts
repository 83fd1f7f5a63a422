import type { Kafka, RunningKafka } from './index.js';

/**
 * A suite over a real broker, which is stopped behind it. Where there is none the suite is skipped with the reason, and a
 * failure where OPENOMS_REQUIRE_BACKENDS=1 says that it must be there.
 */
export function describeKafka(name: string, kafka: Kafka, suite: (kafka: RunningKafka) => void): void {
  if ('address' in kafka)
    describe(name, () => {
      afterAll(() => kafka.stop());
      suite(kafka);
    });
  else if (process.env['OPENOMS_REQUIRE_BACKENDS'] === '1')
    it(`${name} has a broker`, () => {
      throw new Error(kafka.missing);
    });
  else it.skip(`${name}: ${kafka.missing.split('\n')[0] ?? ''}`, () => undefined);
}
