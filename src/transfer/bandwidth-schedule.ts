import type { Clock } from '../kernel/clock.js';
import type { MonotonicTime } from '../kernel/monotonic-time.js';
import { TokenBucket } from '../kernel/token-bucket.js';

/** A limit for some hours of every day, times as `hh:mm` in UTC. */
export interface BandwidthWindow {
  readonly start: string;
  /** After `start`; up to but without this minute. `23:59` is the end of the day: no later one can be written. */
  readonly end: string;
  readonly maxBytesPerSecond: number;
}

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;
/** The clock on the wall may be set: it is looked at again at least this often. */
const MAX_TIMER_MS = 60_000;

interface Window {
  readonly fromMs: number;
  readonly toMs: number;
  readonly maxBytesPerSecond: number;
}

function timeOfDayMs(text: string): number {
  const match = /^(\d{1,2}):(\d{2})$/.exec(text);
  if (match === null) throw new Error(`${JSON.stringify(text)} is no time of day`);
  return (Number(match[1]) * 60 + Number(match[2])) * MINUTE_MS;
}

/** What the rules say at a moment. */
export class BandwidthSchedule {
  private readonly windows: readonly Window[];

  constructor(rules: readonly BandwidthWindow[]) {
    this.windows = rules.map(({ start, end, maxBytesPerSecond }) => ({
      fromMs: timeOfDayMs(start),
      toMs: end === '23:59' ? DAY_MS : timeOfDayMs(end),
      maxBytesPerSecond,
    }));
  }

  /** The limit now (undefined: none; where rules overlap the smallest), and in how many milliseconds another may hold. */
  at(now: Date): { readonly maxBytesPerSecond: number | undefined; readonly changesInMs: number } {
    const ms = ((now.getTime() % DAY_MS) + DAY_MS) % DAY_MS;
    const rates = this.windows
      .filter(({ fromMs, toMs }) => fromMs <= ms && ms < toMs)
      .map(({ maxBytesPerSecond }) => maxBytesPerSecond);
    const edges = this.windows.flatMap(({ fromMs, toMs }) => [fromMs, toMs]);
    const changesInMs = Math.min(DAY_MS, ...edges.map((edge) => (edge > ms ? edge - ms : edge - ms + DAY_MS)));
    return { maxBytesPerSecond: rates.length === 0 ? undefined : Math.min(...rates), changesInMs };
  }
}

/** The rate of one task: what its rules say, from minute to minute, while its bodies are on their way. */
export class BandwidthControl {
  readonly bucket: TokenBucket;
  private schedule: BandwidthSchedule;
  private callOff: (() => void) | undefined;

  constructor(
    rules: readonly BandwidthWindow[],
    private readonly clock: Clock,
    private readonly time: MonotonicTime,
  ) {
    this.bucket = new TokenBucket(time);
    this.schedule = new BandwidthSchedule(rules);
    this.apply();
  }

  /** True while reads wait for their turn; see `SyncObjectOptions.isHeldBack`. */
  readonly isHoldingBack = (): boolean => this.bucket.holdsBack;

  /** The rules from now on; bodies on their way follow at once. */
  update(rules: readonly BandwidthWindow[]): void {
    this.schedule = new BandwidthSchedule(rules);
    this.apply();
  }

  /** Ends the watch over the time of day; whoever still waits is let go. */
  close(): void {
    this.callOff?.();
    this.callOff = undefined;
    this.bucket.setRate(undefined);
  }

  private apply(): void {
    this.callOff?.();
    const { maxBytesPerSecond, changesInMs } = this.schedule.at(this.clock.now());
    if (maxBytesPerSecond !== this.bucket.rate) this.bucket.setRate(maxBytesPerSecond);
    this.callOff = this.time.after(Math.min(changesInMs, MAX_TIMER_MS), () => this.apply());
  }
}
