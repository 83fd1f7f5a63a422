import { CommitPacer } from '../../kernel/commit-pacer.js';

/** One change to the queue's file, and what follows when it is durable or when it could not be made. */
export interface Change {
  /** Runs inside the transaction; synchronous. */
  readonly apply: () => void;
  readonly bytes: number;
  readonly durable: () => void;
  readonly refused: (error: unknown) => void;
}

// Bounds of one transaction, so that a flood holds up the event loop in slices only.
const MAX_CHANGES = 2_000;
const MAX_BYTES = 16 * 1024 * 1024;

/**
 * Collects changes and commits them in one transaction: many callers, one fsync. Changes are
 * applied in the order they came; those of one transaction stand or fall together.
 */
export class GroupCommit {
  private pending: Change[] = [];
  private readonly pacer = new CommitPacer(
    () => this.pending.length,
    () => this.commitGroup(),
  );

  constructor(
    private readonly transaction: (work: () => void) => void,
    /** Runs once after each group that is durable, behind the `durable` of its changes. */
    private readonly committed: () => void,
  ) {}

  add(change: Change): void {
    this.pending.push(change);
    this.pacer.schedule();
  }

  /** Commits everything that is pending, now. */
  flush(): void {
    while (this.pending.length > 0) this.commitGroup();
  }

  /** Commits one group and answers how many changes it held. */
  private commitGroup(): number {
    const group = this.takeGroup();
    if (group.length === 0) return 0;
    try {
      this.transaction(() => {
        for (const change of group) change.apply();
      });
    } catch (error) {
      for (const change of group) change.refused(error);
      return group.length;
    }
    for (const change of group) change.durable();
    this.committed();
    return group.length;
  }

  private takeGroup(): Change[] {
    let bytes = 0;
    let end = 0;
    for (const change of this.pending) {
      bytes += change.bytes;
      if (end > 0 && (end >= MAX_CHANGES || bytes > MAX_BYTES)) break;
      end++;
    }
    const group = this.pending;
    this.pending = group.splice(end);
    return group;
  }
}
