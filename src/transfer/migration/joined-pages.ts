import type { SourceEntry } from './migration.js';
import type { PlannedPage } from './plan-page.js';

/** Pages that are reported as one at most, when nothing of them has to be copied, and the objects of those. */
export const MAX_JOINED_PAGES = 10;
const MAX_JOINED_OBJECTS = 10_000;

/** Joins pages of which nothing has to be copied, so that what is up to date costs few lists and few records. */
export class JoinedPages {
  private joined: PlannedPage[] = [];
  private objects = 0;

  /** Takes a page and answers those that are ready, in order. */
  add(page: PlannedPage): readonly PlannedPage[] {
    if (page.work.length > 0) return [...this.flush(), page];
    const full = this.objects + page.entries.length > MAX_JOINED_OBJECTS ? this.flush() : [];
    this.joined.push(page);
    this.objects += page.entries.length;
    return this.joined.length < MAX_JOINED_PAGES ? full : [...full, ...this.flush()];
  }

  /** What is left, as one page. */
  flush(): readonly PlannedPage[] {
    const pages = this.joined;
    const last = pages.at(-1);
    this.joined = [];
    this.objects = 0;
    if (last === undefined) return [];
    if (pages.length === 1) return pages;
    // `flatMap` would take a hundred times as long.
    const entries = new Array<SourceEntry>().concat(...pages.map((page) => page.entries));
    const outcomes = new Array<PlannedPage['outcomes'][number]>().concat(...pages.map((page) => page.outcomes));
    return [{ ...last, entries, outcomes }];
  }
}
