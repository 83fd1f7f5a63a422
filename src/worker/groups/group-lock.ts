/** One work at a time per group, in the order in which they were asked for. */
export class GroupLock {
  private readonly last = new Map<string, Promise<unknown>>();

  async run<T>(groupId: string, work: () => Promise<T>): Promise<T> {
    const before = this.last.get(groupId) ?? Promise.resolve();
    const run = before.then(work);
    const ended = run.then(noop, noop).then(() => {
      if (this.last.get(groupId) === ended) this.last.delete(groupId);
    });
    this.last.set(groupId, ended);
    return run;
  }

  /** Groups somebody works on. */
  get size(): number {
    return this.last.size;
  }
}

const noop = (): void => undefined;
