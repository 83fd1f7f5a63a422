/** What one run of a key gave, and whether the asker was the first of those it served. */
export interface LaneResult<T> {
  readonly result: T;
  /** False for all but one of the askers that one run served. */
  readonly first: boolean;
}

interface Batch<T> {
  askers: number;
  readonly result: Promise<T>;
}

/**
 * One run at a time per key. Askers that arrive while a run is under way share the one that follows it: that run begins
 * after all of them asked, so it sees whatever made them ask, and a burst for one key costs two runs, not one each.
 */
export class KeyLanes<T> {
  private readonly running = new Map<string, Promise<unknown>>();
  private readonly following = new Map<string, Batch<T>>();

  async run(key: string, work: () => Promise<T>): Promise<LaneResult<T>> {
    const current = this.running.get(key);
    if (current === undefined) return { result: await this.start(key, work), first: true };
    let batch = this.following.get(key);
    if (batch === undefined) {
      batch = { askers: 0, result: this.startAfter(current, key, work) };
      this.following.set(key, batch);
    }
    const first = batch.askers++ === 0;
    return { result: await batch.result, first };
  }

  /** Keys with a run under way. */
  get size(): number {
    return this.running.size;
  }

  private async startAfter(current: Promise<unknown>, key: string, work: () => Promise<T>): Promise<T> {
    await current;
    this.following.delete(key);
    return this.start(key, work);
  }

  private start(key: string, work: () => Promise<T>): Promise<T> {
    const run = work();
    const ended = run.then(noop, noop).then(() => {
      if (this.running.get(key) === ended) this.running.delete(key);
    });
    this.running.set(key, ended);
    return run;
  }
}

const noop = () => undefined;
