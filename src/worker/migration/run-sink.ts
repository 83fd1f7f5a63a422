import type { Clock } from '../../kernel/clock.js';
import type { MonotonicTime } from '../../kernel/monotonic-time.js';
import { RecordTaskPage, RecordTaskProgress, RecordTaskScan, RecordTaskUpload } from '../../tasks/task.commands.js';
import type { TaskTotals } from '../../tasks/task.events.js';
import type { MigratedObject, MigrationSink, PageReport, ResumableUpload } from '../../transfer/migration/migration.js';
import type { ListPartWriter, WrittenLists } from './list-part-writer.js';
import { ProgressWatch } from './progress-watch.js';
import { listPartsOf } from './task-list-parts.js';
import type { TaskRecord } from './task-record.js';
import { countOf, doneOf, OUTCOMES, totalsAfter } from './task-totals.js';

/** Told what the tasks of this process do. */
export interface MigrationObserver {
  objects(outcome: MigratedObject['outcome'], count: number): void;
  bytes(moved: number): void;
}

export interface SinkParts {
  readonly record: TaskRecord;
  readonly lists: ListPartWriter;
  readonly clock: Clock;
  readonly time: MonotonicTime;
  readonly observer: MigrationObserver;
  /** A page of the run may have been cut off before it was recorded. */
  readonly resumed: boolean;
  /** Told when something could not be recorded that the migration does not wait for. */
  readonly onFailure: (error: unknown) => void;
}

/** Writes the lists of what a migration reports, then records it: so what is recorded is listed. */
export class RunSink implements MigrationSink {
  private mayHaveLeftovers: boolean;
  private readonly progress: ProgressWatch;

  constructor(
    private readonly parts: SinkParts,
    private readonly signal: AbortSignal,
  ) {
    this.mayHaveLeftovers = parts.resumed;
    this.progress = new ProgressWatch(parts.time, (inFlight) => this.tellProgress(inFlight));
  }

  async page(report: PageReport): Promise<void> {
    const { record } = this.parts;
    const before = record.task.run.totals;
    const totals = totalsAfter(before, report);
    const written = await this.writeLists(report);
    const page = { page: report.page, cursor: report.cursor, totals, ...written };
    await record.record(new RecordTaskPage(record.taskId, record.take, page, record.context));
    this.observe(before, totals);
  }

  async scanned(totalNum: number, totalSize: number): Promise<void> {
    const { record } = this.parts;
    await record.record(new RecordTaskScan(record.taskId, record.take, totalNum, totalSize, record.context));
  }

  async uploadBegan(upload: ResumableUpload): Promise<void> {
    const { record } = this.parts;
    await record.record(new RecordTaskUpload(record.taskId, record.take, upload, record.context));
  }

  moved(bytes: number): void {
    this.progress.moved(bytes);
    this.parts.observer.bytes(bytes);
  }

  /** Tells no progress any more. */
  close(): void {
    this.progress.close();
  }

  private async writeLists({ page, objects }: PageReport): Promise<WrittenLists> {
    const { record, lists, clock } = this.parts;
    const parts = listPartsOf(objects, record.task.settings, clock.now().toISOString());
    const left = this.mayHaveLeftovers ? await lists.removeLeftovers(page, parts, this.signal) : {};
    const written = await lists.write(page, parts, this.signal);
    this.mayHaveLeftovers = false;
    const listErrors = { ...left, ...written.listErrors };
    return { lists: written.lists, ...(Object.keys(listErrors).length > 0 && { listErrors }) };
  }

  private observe(before: TaskTotals, after: TaskTotals): void {
    this.progress.recorded(after.succeededSize - before.succeededSize + after.failedSize - before.failedSize);
    for (const outcome of OUTCOMES) {
      const count = countOf(after, outcome) - countOf(before, outcome);
      if (count > 0) this.parts.observer.objects(outcome, count);
    }
  }

  private async tellProgress(inFlight: number): Promise<void> {
    const { record, onFailure } = this.parts;
    const { scan, totals } = record.task.run;
    // What failed on the way and is copied again was moved twice.
    const open = scan === undefined ? inFlight : Math.max(0, scan.totalSize - doneOf(totals).size);
    const inFlightSize = Math.min(inFlight, open);
    const command = new RecordTaskProgress(record.taskId, record.take, inFlightSize, record.context);
    await record.record(command).catch(onFailure);
  }
}
