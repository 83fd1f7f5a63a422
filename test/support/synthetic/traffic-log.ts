import type { Traffic } from './plan.js';

const MAX_OVERLAPS = 20;

const repeatedIn = (counts: ReadonlyMap<string, number>): Record<string, number> =>
  Object.fromEntries([...counts].filter(([, count]) => count > 1));

/** Counts what goes over the wire. */
export class TrafficLog {
  sentBytes = 0;
  objectsWritten = 0;
  private readonly requests = new Map<string, number>();
  private readonly reads = new Map<string, number>();
  private readonly parts = new Map<string, number>();
  private readonly open = new Map<string, number>();
  private readonly overlaps: string[] = [];

  request(operation: string): void {
    this.requests.set(operation, (this.requests.get(operation) ?? 0) + 1);
  }

  read(what: string): void {
    this.reads.set(what, (this.reads.get(what) ?? 0) + 1);
  }

  part(what: string): void {
    this.parts.set(what, (this.parts.get(what) ?? 0) + 1);
  }

  /** Something is under way; answers what ends it. Two of the same at once are an overlap. */
  under(what: string): () => void {
    const open = (this.open.get(what) ?? 0) + 1;
    this.open.set(what, open);
    if (open > 1 && this.overlaps.length < MAX_OVERLAPS) this.overlaps.push(what);
    let over = false;
    return () => {
      if (over) return;
      over = true;
      const left = (this.open.get(what) ?? 1) - 1;
      if (left === 0) this.open.delete(what);
      else this.open.set(what, left);
    };
  }

  snapshot(): Traffic {
    return {
      requests: Object.fromEntries(this.requests),
      sentBytes: this.sentBytes,
      objectsWritten: this.objectsWritten,
      repeatedReads: repeatedIn(this.reads),
      repeatedParts: repeatedIn(this.parts),
      overlaps: [...this.overlaps],
    };
  }
}
