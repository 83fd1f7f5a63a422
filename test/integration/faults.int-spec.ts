import { expectRightOutcomes, IMPATIENT, runFaultMix } from '../support/fault-mix.js';

it.each([1, 20_260])(
  'brings 1,000 keys under a mix of faults (seed %i) to right outcomes in time',
  async (seed) => {
    const report = await runFaultMix({ keys: 1000, seed });
    expectRightOutcomes(report);
    expect(report.ledger.synced.objects).toBeGreaterThan(400);
    expect(report.ledger.failed.objects).toBeGreaterThan(50);
    // All were asked for at once: not many times what a single one may take.
    expect(report.tookMs).toBeLessThan(8 * IMPATIENT.objectTimeoutMs);
  },
  300_000,
);
