import { Clock } from '../../src/kernel/clock.js';

/** Time stands still until the test moves it. */
export class ManualClock extends Clock {
  private time: number;

  constructor(start = '2030-01-01T00:00:00.000Z') {
    super();
    this.time = Date.parse(start);
  }

  now(): Date {
    return new Date(this.time);
  }

  advance(ms: number): void {
    this.time += ms;
  }
}
