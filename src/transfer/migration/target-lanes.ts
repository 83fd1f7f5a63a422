import type { Job } from './job-pool.js';

/** One lane for each name at the destination: whoever comes while it is taken goes after those before. */
export class TargetLanes {
  private readonly waiting = new Map<string, Job[]>();

  /** True when the lane is free, and taken from now on; else the job waits for its turn. */
  enter(target: string, job: Job): boolean {
    const others = this.waiting.get(target);
    if (others === undefined) this.waiting.set(target, []);
    else others.push(job);
    return others === undefined;
  }

  /** Who has the lane leaves it. Answers the job whose turn it is now, and which has the lane. */
  leave(target: string): Job | undefined {
    const next = this.waiting.get(target)?.shift();
    if (next === undefined) this.waiting.delete(target);
    return next;
  }
}
