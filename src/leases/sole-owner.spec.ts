import { ManualClock } from '../../test/support/manual-clock.js';
import { ManualTime, settle } from '../../test/support/manual-time.js';
import { silentLog } from '../kernel/log.js';
import { SoleOwner } from './sole-owner.js';

const owner = () => {
  const time = new ManualTime();
  return { time, leases: new SoleOwner(new ManualClock(), silentLog, time), stopping: new AbortController() };
};

describe('the sole owner', () => {
  it('has every lease at once, until it stops', async () => {
    const { leases, stopping } = owner();
    const holding = leases.hold(
      'a',
      (signal) => new Promise((resolve) => signal.addEventListener('abort', () => resolve())),
      stopping.signal,
    );
    expect(leases.status()).toMatchObject([{ name: 'a', state: 'held', error: undefined }]);
    stopping.abort();
    await holding;
    expect(leases.status()).toEqual([]);
  });

  it('starts work that fails again, after a delay', async () => {
    const { leases, stopping, time } = owner();
    let runs = 0;
    const work = () => Promise.reject(new Error(`failure ${++runs}`));
    const holding = leases.hold('a', work, stopping.signal);
    await settle();
    expect(leases.status()).toMatchObject([{ state: 'waiting', error: 'failure 1' }]);
    await time.advance(3000);
    expect(runs).toBe(3);
    stopping.abort();
    await holding;
  });
});
