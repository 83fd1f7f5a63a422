import { SideError } from '../side-error.js';
import { Bell } from './bell.js';
import type { SourcePage } from './migration.js';

/** Failures of a listing after which what is listed is not worth going on with: the place itself does not answer. */
const isOutage = (error: unknown): boolean => error instanceof SideError && error.failure.kind !== 'invalid';

/**
 * Fetches pages before they are asked for, as long as the entries that wait are no more than a bound (a single page may be
 * larger). A listing that turns out to be broken fails only after the pages before that; one that gets no answer at once.
 */
export class ReadAhead {
  private readonly waiting: SourcePage[] = [];
  private held = 0;
  private largest = 0;
  private state: 'reading' | 'ended' | 'failed' = 'reading';
  private failure: unknown;

  constructor(
    private readonly maxEntries: number,
    private readonly bell: Bell,
    private readonly signal: AbortSignal,
  ) {}

  /** Entries that wait now. */
  get entries(): number {
    return this.held;
  }

  /** Resolves when all is read; `onPage` is told of every page. Rejects only when nobody could take what is left. */
  async read(pages: AsyncIterable<SourcePage>, onPage: (page: SourcePage) => void): Promise<void> {
    try {
      for await (const page of pages) {
        this.waiting.push(page);
        this.held += page.entries.length;
        this.largest = Math.max(this.largest, page.entries.length);
        onPage(page);
        this.bell.ring();
        await this.bell.until(() => this.held === 0 || this.held + this.largest <= this.maxEntries, this.signal);
      }
      this.state = 'ended';
    } catch (error) {
      this.state = 'failed';
      this.failure = error;
      if (isOutage(error)) throw error;
    } finally {
      this.bell.ring();
    }
  }

  get isOver(): boolean {
    return this.state === 'ended';
  }

  /** The next page, or undefined after the last one. Rejects where the reading failed. */
  async next(): Promise<SourcePage | undefined> {
    await this.bell.until(() => this.waiting.length > 0 || this.state !== 'reading', this.signal);
    const page = this.waiting.shift();
    if (page === undefined && this.state === 'failed') throw this.failure;
    this.held -= page?.entries.length ?? 0;
    this.bell.ring();
    return page;
  }
}
