import type { Bell } from './bell.js';
import type { MigratedObject, SourceEntry } from './migration.js';
import type { PlannedPage } from './plan-page.js';

/** A page whose objects are being copied. */
export class PageInFlight {
  private readonly outcomes: (MigratedObject | undefined)[];
  private missing: number;

  constructor(
    readonly plan: PlannedPage,
    private readonly bell: Bell,
  ) {
    this.outcomes = [...plan.outcomes];
    this.missing = plan.work.length;
  }

  get isDone(): boolean {
    return this.missing === 0;
  }

  entry(index: number): SourceEntry {
    const entry = this.plan.entries[index];
    if (entry === undefined) throw new Error(`The page has no entry ${index}`);
    return entry;
  }

  settle(index: number, object: MigratedObject): void {
    if (this.outcomes[index] !== undefined) throw new Error(`Entry ${index} of the page has ended twice`);
    this.outcomes[index] = object;
    this.missing--;
    if (this.isDone) this.bell.ring();
  }

  /** How all of them ended, in the order of the entries. Throws when one is not accounted for. */
  objects(): readonly MigratedObject[] {
    const objects = this.outcomes.filter((object) => object !== undefined);
    if (objects.length !== this.plan.entries.length)
      throw new Error(`The page has ${this.plan.entries.length} entries, and ${objects.length} of them ended`);
    return objects;
  }
}
