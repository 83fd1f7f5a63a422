import { SideError } from '../side-error.js';
import { Bell } from './bell.js';
import type { SourcePage } from './migration.js';

/** Failures of a listing after which what is listed is not worth going on with: the place itself does not answer. */
const isOutage = (error: unknown): boolean => error instanceof SideError && error.failure.kind !== 'invalid';

/** Entries; names that are longer than any key, such as bad lines of a list, count as several. */
function weightOf({ entries }: SourcePage): number {
  let weight = entries.length;
  for (const { key } of entries) weight += key.length >> 10;
  return weight;
}

/**
 * Fetches pages before they are asked for, as long as the entries that wait are no more than a bound (a single page may be
 * larger). A listing that turns out to be broken fails only after the pages before that; one that gets no answer at once.
 */
export class ReadAhead {
  private readonly waiting: SourcePage[] = [];
  private held = 0;
  private largest = 0;
  private state: 'reading' | 'ended' | 'failed' = 'reading';
  /** Why the listing ended before its end. */
  failure: { readonly error: unknown } | undefined;

  constructor(
    private readonly maxEntries: number,
    private readonly bell: Bell,
    private readonly signal: AbortSignal,
  ) {}

  /** Resolves when all is read, or as much as can be; `onPage` is told of every page. Rejects when the rest is of no use. */
  async read(pages: AsyncIterable<SourcePage>, onPage: (page: SourcePage) => void): Promise<void> {
    try {
      for await (const page of pages) {
        this.waiting.push(page);
        const weight = weightOf(page);
        this.held += weight;
        this.largest = Math.max(this.largest, weight);
        onPage(page);
        this.bell.ring();
        await this.bell.until(() => this.held === 0 || this.held + this.largest <= this.maxEntries, this.signal);
      }
      this.state = 'ended';
    } catch (error) {
      this.state = 'failed';
      this.failure = { error };
      if (isOutage(error)) throw error;
    } finally {
      this.bell.ring();
    }
  }

  /** All is read. */
  get isOver(): boolean {
    return this.state === 'ended';
  }

  /** The next page, or undefined after the last one that could be read. */
  async next(): Promise<SourcePage | undefined> {
    await this.bell.until(() => this.waiting.length > 0 || this.state !== 'reading', this.signal);
    const page = this.waiting.shift();
    if (page !== undefined) this.held -= weightOf(page);
    this.bell.ring();
    return page;
  }
}
