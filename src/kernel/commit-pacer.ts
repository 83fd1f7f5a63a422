/** So many pending changes are worth a commit at once. */
const ENOUGH = 32;
const REST_MS = 2;

/**
 * Says when a group is committed: at the end of the turn of the event loop in which its first member came. While several
 * come at once, commits keep a distance of two milliseconds, so that each pays its fsync for more of them; a writer who is alone
 * never waits.
 */
export class CommitPacer {
  private scheduled = false;
  private lastSize = 0;

  constructor(
    private readonly pending: () => number,
    /** Commits a group and answers its size. */
    private readonly commit: () => number,
  ) {}

  /** There is something to commit. */
  schedule(): void {
    if (this.scheduled) return;
    this.scheduled = true;
    setImmediate(() => {
      if (this.lastSize > 1 && this.pending() < ENOUGH) setTimeout(() => this.fire(), REST_MS);
      else this.fire();
    });
  }

  private fire(): void {
    this.scheduled = false;
    this.lastSize = this.commit();
    if (this.pending() > 0) this.schedule();
  }
}
