import type { Job } from './job-pool.js';

/** One lane for each name at the destination: whoever comes while it is taken goes after those before. */
export class TargetLanes {
  private readonly taken = new Map<string, Job>();
  private readonly waiting = new Map<string, Job[]>();

  /** True when the job has the lane from now on, or had it already; else it waits for its turn. */
  enter(target: string, job: Job): boolean {
    const holder = this.taken.get(target);
    if (holder === job) return true;
    if (holder === undefined) {
      this.taken.set(target, job);
      return true;
    }
    const others = this.waiting.get(target);
    if (others === undefined) this.waiting.set(target, [job]);
    else others.push(job);
    return false;
  }

  /** Who has the lane leaves it. Answers the job whose turn it is now, and which has the lane. */
  leave(target: string): Job | undefined {
    const others = this.waiting.get(target);
    const next = others?.shift();
    if (others?.length === 0) this.waiting.delete(target);
    if (next === undefined) this.taken.delete(target);
    else this.taken.set(target, next);
    return next;
  }
}
