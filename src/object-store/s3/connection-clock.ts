import { SLOWEST_BYTES_PER_MS } from '../call-deadlines.js';

/** Times in ticks of a clock that is as exact as waits of seconds need. */
export interface ConnectionTimes {
  readonly connect: number;
  readonly request: number;
  readonly idle: number;
  readonly keepAlive: number;
  readonly tickMs: number;
}

export interface TickingClock {
  readonly times: ConnectionTimes;
  /** In ticks. */
  readonly now: number;
}

/** What a connection waits for. */
export type Awaited = 'request' | 'answer' | 'body';

/** How long a connection has waited, since the last time that something happened on it. */
export class ConnectionClock {
  private connecting = true;
  private touchedAt: number;
  private keptTicks: number;

  constructor(private readonly clock: TickingClock) {
    this.touchedAt = clock.now;
    this.keptTicks = clock.times.keepAlive;
  }

  touch(): void {
    this.touchedAt = this.clock.now;
  }

  /** So much came of an answer that is collected: it pays for some time only, so that a trickle does not go on for ever. */
  earn(bytes: number): void {
    const ticks = bytes / (SLOWEST_BYTES_PER_MS * this.clock.times.tickMs);
    this.touchedAt = Math.min(this.clock.now, this.touchedAt + ticks);
  }

  connected(): void {
    this.connecting = false;
    this.touch();
  }

  /** It may be kept for the next request for as long as the server says, if it does. False when that is too short. */
  keep(saidMs: number | undefined): boolean {
    const { times } = this.clock;
    // A second less than it says: what is on its way must still find it open.
    const told = saidMs === undefined ? Infinity : (saidMs - 1000) / times.tickMs;
    this.keptTicks = Math.min(times.keepAlive, told);
    return this.keptTicks > 0;
  }

  /** What takes too long, if something does. */
  lateWith(awaited: Awaited): 'connection' | Awaited | undefined {
    const what = this.connecting && awaited !== 'request' ? 'connection' : awaited;
    return this.clock.now - this.touchedAt > this.limitOf(what) ? what : undefined;
  }

  private limitOf(what: 'connection' | Awaited): number {
    const { times } = this.clock;
    switch (what) {
      case 'connection':
        return times.connect;
      case 'request':
        return this.keptTicks;
      case 'answer':
        return times.request;
      case 'body':
        return times.idle;
    }
  }
}
