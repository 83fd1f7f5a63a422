// A commit that lags only means that a crash redelivers more.
const COMMIT_EVERY_MS = 50;

/** The committed offset: it rides with whatever transaction comes next, and gets one of its own when none comes in time. */
export class OffsetCommit {
  private reached: number | undefined;
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private stored: number | undefined,
    private readonly ownTransaction: () => void,
  ) {
    this.reached = stored;
  }

  /** The offset as it stands in the file; undefined before the first. */
  get committed(): number | undefined {
    return this.stored;
  }

  /** Everything up to `offset` is settled. */
  note(offset: number): void {
    if (offset === this.reached) return;
    this.reached = offset;
    this.timer ??= setTimeout(() => {
      this.timer = undefined;
      if (this.reached !== this.stored) this.ownTransaction();
    }, COMMIT_EVERY_MS);
  }

  /** Lets `transaction` write the offset that is due, if there is one; stored when it returns. */
  ride(transaction: (due: number | undefined) => void): void {
    const { reached } = this;
    transaction(reached === this.stored ? undefined : reached);
    this.stored = reached;
  }

  stop(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
  }
}
