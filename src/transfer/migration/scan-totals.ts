import type { MigratedObject, MigrationStart, SourceEntry } from './migration.js';

function listedBytes(entries: readonly SourceEntry[]): number {
  let bytes = 0;
  for (const { listed } of entries) if (listed !== undefined && listed.size > 0) bytes += listed.size;
  return bytes;
}

function endedBytes(objects: readonly MigratedObject[]): number {
  let bytes = 0;
  for (const { size } of objects) bytes += size;
  return bytes;
}

/**
 * What is found at the source so far. Listings say how large objects are, but not those of mere names, and an object may have
 * changed when it is read; so what is recorded counts with the size that is recorded, and at the end the sums agree.
 */
export class ScanTotals {
  private num: number;
  private size: number;
  private isOver = false;

  constructor(private readonly start: MigrationStart) {
    this.num = start.doneNum;
    this.size = start.doneSize;
  }

  listed(entries: readonly SourceEntry[]): void {
    this.num += entries.length;
    this.size += listedBytes(entries);
  }

  over(): void {
    this.isOver = true;
  }

  ended(entries: readonly SourceEntry[], objects: readonly MigratedObject[]): void {
    this.size += endedBytes(objects) - listedBytes(entries);
  }

  /** What a run before had listed ahead stays known until the listing is there again. */
  get scannedNum(): number {
    return this.isOver ? this.num : Math.max(this.num, this.start.scannedNum);
  }

  get scannedSize(): number {
    return this.isOver ? this.size : Math.max(this.size, this.start.scannedSize);
  }
}
