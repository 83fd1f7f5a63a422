import { ManualClock } from '../../test/support/manual-clock.js';
import { ManualTime } from '../../test/support/manual-time.js';
import { BandwidthControl, BandwidthSchedule, type BandwidthWindow } from './bandwidth-schedule.js';

const rules: readonly BandwidthWindow[] = [
  { start: '08:30', end: '12:00', maxBytesPerSecond: 1_000_000 },
  { start: '12:00', end: '18:00', maxBytesPerSecond: 2_000_000 },
  { start: '22:00', end: '23:59', maxBytesPerSecond: 3_000_000 },
];
const at = (time: string): Date => new Date(`2030-05-06T${time}Z`);
const minutes = (count: number): number => count * 60_000;

describe('what the rules say', () => {
  const schedule = new BandwidthSchedule(rules);

  it.each([
    ['00:00:00.000', undefined, minutes(510)],
    ['08:29:59.999', undefined, 1],
    ['08:30:00.000', 1_000_000, minutes(210)],
    ['11:59:59.000', 1_000_000, 1000],
    ['12:00:00.000', 2_000_000, minutes(360)],
    ['18:00:00.000', undefined, minutes(240)],
    ['22:00:00.000', 3_000_000, minutes(120)],
    ['23:59:30.000', 3_000_000, 30_000],
  ])('at %s', (time, maxBytesPerSecond, changesInMs) => {
    expect(schedule.at(at(time))).toEqual({ maxBytesPerSecond, changesInMs });
  });

  it('without a rule is no limit', () => {
    expect(new BandwidthSchedule([]).at(at('12:00:00'))).toEqual({
      maxBytesPerSecond: undefined,
      changesInMs: minutes(24 * 60),
    });
  });

  it('is refused when it is no time', () => {
    expect(() => new BandwidthSchedule([{ start: 'noon', end: '13:00', maxBytesPerSecond: 1 }])).toThrow('noon');
  });
});

describe('the control of a task', () => {
  let clock: ManualClock;
  let time: ManualTime;
  let control: BandwidthControl;

  beforeEach(() => {
    clock = new ManualClock('2030-05-06T08:29:50.000Z');
    time = new ManualTime();
    control = new BandwidthControl(rules, clock, time);
  });
  afterEach(() => control.close());

  const pass = async (ms: number): Promise<void> => {
    clock.advance(ms);
    await time.advance(ms);
  };

  it('follows the time of day', async () => {
    expect(control.bucket.rate).toBeUndefined();
    await pass(10_000);
    expect(control.bucket.rate).toBe(1_000_000);
    for (let minute = 0; minute < 210; minute++) await pass(60_000);
    expect(control.bucket.rate).toBe(2_000_000);
  });

  it('follows a clock that is set within a minute', async () => {
    clock.advance(minutes(240));
    await time.advance(60_000);
    expect(control.bucket.rate).toBe(2_000_000);
  });

  it('takes new rules at once, for those who wait too', async () => {
    control.update([{ start: '00:00', end: '23:59', maxBytesPerSecond: 10 }]);
    const { signal } = new AbortController();
    expect(control.bucket.take(1000, signal)).toBeUndefined();
    const turn = control.bucket.take(1000, signal);
    expect(control.isHoldingBack()).toBe(true);
    control.update([]);
    await turn;
    expect(control.isHoldingBack()).toBe(false);
  });

  it('lets go who waits when it is closed, and watches the time no longer', async () => {
    control.update([{ start: '00:00', end: '23:59', maxBytesPerSecond: 10 }]);
    const { signal } = new AbortController();
    void control.bucket.take(1000, signal);
    const turn = control.bucket.take(1000, signal);
    control.close();
    await turn;
    await pass(minutes(300));
    expect(control.bucket.rate).toBeUndefined();
  });
});
