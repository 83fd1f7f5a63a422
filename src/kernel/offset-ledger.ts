/**
 * Remembers which offsets of one partition are in flight and up to where all are settled, so that many messages can be
 * handled at once while only a gapless prefix is ever committed. Offsets are taken in ascending order, gaps allowed.
 */
export class OffsetLedger {
  private readonly order: bigint[] = [];
  private readonly settled = new Set<bigint>();
  private head = 0;
  private committed: bigint | undefined;

  /** Notes that `offset` was handed out. Throws when offsets go backwards: that would commit what is not settled. */
  take(offset: bigint): void {
    const last = this.order.at(-1) ?? this.committed;
    if (last !== undefined && offset <= last) throw new Error(`Offset ${offset} taken after ${last}`);
    this.order.push(offset);
  }

  /** Notes that `offset` is finished, in any order. Unknown offsets are refused. */
  settle(offset: bigint): void {
    if (this.settled.has(offset) || !this.isOpen(offset)) throw new Error(`Offset ${offset} is not in flight`);
    this.settled.add(offset);
    for (
      let next = this.order[this.head];
      next !== undefined && this.settled.delete(next);
      next = this.order[++this.head]
    )
      this.committed = next;
    if (this.head > 1024 && this.head * 2 > this.order.length) {
      this.order.splice(0, this.head);
      this.head = 0;
    }
  }

  /** The highest offset below which nothing is in flight; undefined before the first settled prefix. */
  get committable(): bigint | undefined {
    return this.committed;
  }

  /** Offsets between the committable prefix and the newest one taken, settled or not: what a crash would redeliver. */
  get window(): number {
    return this.order.length - this.head;
  }

  private isOpen(offset: bigint): boolean {
    let low = this.head;
    let high = this.order.length - 1;
    while (low <= high) {
      const middle = (low + high) >> 1;
      const at = this.order[middle] as bigint;
      if (at === offset) return true;
      if (at < offset) low = middle + 1;
      else high = middle - 1;
    }
    return false;
  }
}
