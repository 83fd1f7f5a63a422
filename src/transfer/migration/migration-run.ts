import type { DestinationStore, SourceStore } from '../../object-store/object-store.port.js';
import { Bell } from './bell.js';
import { JoinedPages, MAX_JOINED_PAGES } from './joined-pages.js';
import type { MigrationOptions, MigrationSink, MigrationStart, PageSource } from './migration.js';
import { storeMover } from './object-mover.js';
import { PageCopier } from './page-copier.js';
import type { PageInFlight } from './page-in-flight.js';
import { PagePlanner, type PlannedPage } from './plan-page.js';
import { ReadAhead } from './read-ahead.js';
import { ScanTotals } from './scan-totals.js';

/** Pages under way: begun and not recorded. */
const WINDOW_PAGES = 2;
/** Pages of the source that can have been under way when a run was cut off. */
const OWN_COPY_PAGES = WINDOW_PAGES * MAX_JOINED_PAGES;

export interface MigrationParts {
  readonly start: MigrationStart;
  readonly options: MigrationOptions;
  readonly sink: MigrationSink;
}

/** One migration from its start to its end: lists ahead, plans, copies and reports, all at the same time. */
export class MigrationRun {
  private readonly stop = new AbortController();
  private readonly bell = new Bell();
  private readonly ahead: ReadAhead;
  private readonly planner: PagePlanner;
  private readonly copier: PageCopier;
  private readonly totals: ScanTotals;
  /** Begun and not recorded, in order. */
  private readonly underWay: PageInFlight[] = [];
  private isPlanned = false;
  private recording: Promise<void> = Promise.resolve();
  private failure: { readonly error: unknown } | undefined;

  constructor(
    source: SourceStore,
    destination: DestinationStore,
    private readonly pages: PageSource,
    private readonly parts: MigrationParts,
    private readonly signal: AbortSignal,
  ) {
    const { start, options, sink } = parts;
    const inner = this.stop.signal;
    this.totals = new ScanTotals(start);
    this.ahead = new ReadAhead(options.listAheadObjects, this.bell, inner);
    this.planner = new PagePlanner(destination, pages, options, inner);
    const mover = storeMover(source, destination, start, options, sink, this.fail);
    this.copier = new PageCopier(source, mover, options, this.bell, this.fail, inner);
  }

  /** See `migrate`. */
  async run(): Promise<void> {
    const follow = (): void => this.end(this.signal.reason);
    this.signal.addEventListener('abort', follow, { once: true });
    try {
      await Promise.all([this.list(), this.plan(), this.report()].map((part) => part.catch(this.fail)));
      if (this.ahead.failure !== undefined) this.fail(this.ahead.failure.error);
      this.copier.stop();
      await this.copier.idle();
      await this.planner.close().catch(this.fail);
    } finally {
      this.signal.removeEventListener('abort', follow);
    }
    if (this.failure === undefined) return;
    this.signal.throwIfAborted();
    throw this.failure.error;
  }

  /** The first failure counts; the others are its consequences. */
  private readonly fail = (error: unknown): void => {
    this.failure ??= { error };
    this.end(error);
  };

  private end(reason: unknown): void {
    if (this.stop.signal.aborted) return;
    this.copier.stop();
    this.stop.abort(reason);
    this.bell.ring();
  }

  private async list(): Promise<void> {
    const { start, sink } = this.parts;
    await this.ahead.read(this.pages.pages(start.cursor, this.stop.signal), ({ entries }) =>
      this.totals.listed(entries),
    );
    if (!this.ahead.isOver) return;
    this.totals.over();
    if (start.scanIsOver) return;
    await this.record(() => sink.scanned(this.totals.scannedNum, this.totals.scannedSize));
  }

  private async plan(): Promise<void> {
    const { ownCopiesSinceMs } = this.parts.start;
    const joined = new JoinedPages();
    for (let count = 1; ; count++) {
      const page = await this.ahead.next();
      if (page === undefined) break;
      const plan = await this.planner.plan(page, count <= OWN_COPY_PAGES ? ownCopiesSinceMs : undefined);
      for (const ready of joined.add(plan)) await this.begin(ready);
    }
    for (const ready of joined.flush()) await this.begin(ready);
    this.isPlanned = true;
    this.bell.ring();
  }

  private async begin(plan: PlannedPage): Promise<void> {
    await this.bell.until(() => this.underWay.length < WINDOW_PAGES, this.stop.signal);
    this.underWay.push(this.copier.begin(plan));
    this.bell.ring();
  }

  private async report(): Promise<void> {
    const ready = (): boolean => this.underWay[0]?.isDone ?? this.isPlanned;
    for (let number = this.parts.start.pagesDone + 1; ; number++) {
      await this.bell.until(ready, this.stop.signal);
      const [page] = this.underWay;
      if (page === undefined) return;
      await this.record(() => this.tell(page, number));
      this.underWay.shift();
      this.bell.ring();
    }
  }

  private async tell(page: PageInFlight, number: number): Promise<void> {
    this.stop.signal.throwIfAborted();
    const { plan } = page;
    const objects = page.objects();
    this.totals.ended(plan.entries, objects);
    const { scannedNum, scannedSize } = this.totals;
    await this.parts.sink.page({ page: number, cursor: plan.cursor, objects, scannedNum, scannedSize });
  }

  /** One call of the sink at a time. */
  private record(call: () => Promise<void>): Promise<void> {
    const recorded = this.recording.then(call);
    this.recording = recorded.catch(() => undefined);
    return recorded;
  }
}
