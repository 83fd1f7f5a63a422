import type { Bell } from './bell.js';

export interface Job {
  /** Called once its turn has come; never throws, but may reject. */
  run(): Promise<void>;
}

/** Runs jobs in the order in which they come, a bounded number at once. */
export class JobPool {
  private readonly queue: Job[] = [];
  private next = 0;
  private active = 0;
  private stopped = false;

  constructor(
    private readonly atOnce: number,
    private readonly bell: Bell,
    private readonly onFailure: (error: unknown) => void,
  ) {}

  /** Jobs that are under way. */
  get running(): number {
    return this.active;
  }

  add(job: Job): void {
    this.queue.push(job);
    this.start();
  }

  /** Before all that wait. */
  addFirst(job: Job): void {
    if (this.next > 0) this.queue[--this.next] = job;
    else this.queue.unshift(job);
    this.start();
  }

  /** Begins nothing any more. */
  stop(): void {
    this.stopped = true;
    this.queue.length = 0;
    this.next = 0;
  }

  /** Resolves when nothing is under way. */
  async idle(): Promise<void> {
    while (this.active > 0) await this.bell.rung();
  }

  private start(): void {
    while (!this.stopped && this.active < this.atOnce) {
      const job = this.queue[this.next];
      if (job === undefined) break;
      this.next++;
      this.active++;
      job.run().then(this.ended, this.failed);
    }
    if (this.next === this.queue.length) {
      this.queue.length = 0;
      this.next = 0;
    }
  }

  private readonly ended = (): void => {
    this.active--;
    this.start();
    // Those who wait for something else are told by whoever does that.
    if (this.active === 0) this.bell.ring();
  };

  private readonly failed = (error: unknown): void => {
    this.onFailure(error);
    this.ended();
  };
}
