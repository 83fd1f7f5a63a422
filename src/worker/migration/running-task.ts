import { setMaxListeners } from 'node:events';
import { isDeepStrictEqual } from 'node:util';
import type { CommandRunner } from '../../event-store/command-runner.js';
import type { Clock } from '../../kernel/clock.js';
import { hasEnded } from '../../kernel/has-ended.js';
import type { Log } from '../../kernel/log.js';
import type { MonotonicTime } from '../../kernel/monotonic-time.js';
import { BeginTaskRun, CompleteTask, ConfirmTaskPaused, FailTask, ReleaseTask } from '../../tasks/task.commands.js';
import type { BandwidthRule } from '../../tasks/task.settings.js';
import type { migrate, MigrationOptions, MigrationStart } from '../../transfer/migration/migrate.js';
import type { PageSource } from '../../transfer/migration/migration.js';
import { abortUploads } from './abort-uploads.js';
import { ListPartWriter } from './list-part-writer.js';
import { probePlaces, stampOf } from './prepare-run.js';
import { RunSink, type MigrationObserver } from './run-sink.js';
import { LIST_KINDS } from './task-list-parts.js';
import type { OpenPlaces, TaskPlaces } from './task-places.js';
import { TaskRecord, TaskTakenAway, whenStoreAnswers, type LiveTask } from './task-record.js';
import type { TaskAtWork } from './task-scheduler.js';
import { doneOf } from './task-totals.js';
import { SYSTEM_ERROR, TRF, trfOfError, type TaskFailure } from './trf.js';

export interface RunningTaskParts {
  readonly commands: CommandRunner;
  readonly openPlaces: OpenPlaces;
  readonly migrate: typeof migrate;
  /** What the run goes through. */
  readonly pageSource: (taskId: string, task: LiveTask, places: TaskPlaces) => PageSource;
  /** How it is copied. */
  readonly optionsOf: (task: LiveTask, places: TaskPlaces) => MigrationOptions;
  readonly clock: Clock;
  readonly time: MonotonicTime;
  readonly observer: MigrationObserver;
  readonly log: Log;
}

/** Why a run ends before its time. */
class RunEnds extends Error {
  override readonly name = 'RunEnds';

  constructor(readonly how: 'pausing' | 'stopping' | 'taken away') {
    super(`The run ends: ${how}`);
  }
}

/** One take of a task: from opening its places to the record of how it ended. */
export class RunningTask implements TaskAtWork {
  readonly ended: Promise<void>;
  private readonly ending = new AbortController();
  /** Aborts when the migration has to end, for whatever reason. */
  private readonly signal: AbortSignal;
  private places: TaskPlaces | undefined;
  private rules: readonly BandwidthRule[] | undefined;

  constructor(
    readonly taskId: string,
    readonly take: number,
    private readonly lease: AbortSignal,
    private readonly parts: RunningTaskParts,
  ) {
    this.signal = AbortSignal.any([lease, this.ending.signal]);
    setMaxListeners(0, this.signal); // every copy in flight listens
    this.ended = this.run();
  }

  pause(): void {
    this.ending.abort(new RunEnds('pausing'));
  }

  stop(): void {
    this.ending.abort(new RunEnds('stopping'));
  }

  letGo(): void {
    this.ending.abort(new RunEnds('taken away'));
  }

  limit(rules: readonly BandwidthRule[]): void {
    if (isDeepStrictEqual(rules, this.rules)) return;
    this.rules = rules;
    this.places?.limit(rules);
  }

  private async run(): Promise<void> {
    const { log } = this.parts;
    const { taskId, take } = this;
    try {
      const record = await TaskRecord.open(this.parts.commands, taskId, take, this.lease);
      const { number, page } = record.task.run;
      log.info({ taskId, take, run: number, page }, 'migration task begins');
      try {
        await this.migrated(record);
      } catch (error) {
        await this.cutShort(record, error);
      }
    } catch (error) {
      if (error instanceof TaskTakenAway || hasEnded(this.lease))
        log.warn({ taskId, take, err: error }, 'migration task let go');
      else log.error({ taskId, take, err: error }, 'the end of a migration task could not be recorded');
    } finally {
      await this.places
        ?.close()
        .catch((error: unknown) => log.warn({ taskId, err: error }, 'a store did not close well'));
    }
  }

  private async migrated(record: TaskRecord): Promise<void> {
    if (record.task.status === 'pausing') throw new RunEnds('pausing');
    const places = await whenStoreAnswers(() => this.parts.openPlaces(record.task), this.signal);
    this.places = places;
    if (this.rules !== undefined) places.limit(this.rules);
    const resumed = record.task.run.began !== undefined;
    if (!resumed) await this.begin(record, places);
    await this.migrate(record, places, resumed);
    await this.complete(record);
  }

  /** Finds both places usable, or fails. */
  private async begin(record: TaskRecord, places: TaskPlaces): Promise<void> {
    const destinationTimeMs = await probePlaces(places, this.taskId, record.task.settings, this.signal);
    const stamp = stampOf(this.parts.clock.now());
    await record.record(new BeginTaskRun(this.taskId, this.take, stamp, destinationTimeMs, record.context));
  }

  private async migrate(record: TaskRecord, places: TaskPlaces, resumed: boolean): Promise<void> {
    const { task } = record;
    const { clock, time, observer, pageSource, optionsOf } = this.parts;
    const { groupId, settings } = task;
    const listed = { taskId: this.taskId, groupId, stamp: task.run.began?.stamp ?? '' };
    const kinds = settings.recordFailedObjects ? LIST_KINDS : LIST_KINDS.filter((kind) => kind !== 'failed');
    const lists = new ListPartWriter(places.destination, listed, kinds);
    const onFailure = (error: unknown) => this.ending.abort(error);
    const sink = new RunSink({ record, lists, clock, time, observer, resumed, onFailure }, this.signal);
    try {
      await this.parts.migrate(
        places.source,
        places.destination,
        pageSource(this.taskId, task, places),
        startOf(task, resumed),
        optionsOf(task, places),
        sink,
        this.signal,
      );
    } finally {
      sink.close();
    }
  }

  private async complete(record: TaskRecord): Promise<void> {
    const { taskId, take } = this;
    const { run } = record.task;
    if ((run.scan?.totalNum ?? run.totals.scannedNum) === 0) {
      const message = 'There is no object to migrate';
      await this.fail(record, { code: TRF.NOTHING_TO_MIGRATE, message });
      return;
    }
    await record.record(new CompleteTask(taskId, take, record.context));
    const { status, run: ended } = record.task;
    this.parts.log.info({ taskId, take, status, ...ended.totals }, 'migration task ended');
  }

  /** Records why the run did not come to its end. */
  private async cutShort(record: TaskRecord, error: unknown): Promise<void> {
    const { taskId, take } = this;
    if (hasEnded(this.lease) || error instanceof TaskTakenAway) throw error;
    const reason: unknown = hasEnded(this.ending.signal) ? this.ending.signal.reason : error;
    if (!(reason instanceof RunEnds))
      return this.fail(record, trfOfError(reason, record.task.settings.taskType) ?? this.defect(reason));
    if (reason.how === 'taken away') throw new TaskTakenAway(taskId);
    const paused = reason.how === 'pausing';
    await record.record(
      paused
        ? new ConfirmTaskPaused(taskId, take, record.context)
        : new ReleaseTask(taskId, take, 'stopping', record.context),
    );
    this.parts.log.info(
      { taskId, take, page: record.task.run.page },
      paused ? 'migration task paused' : 'migration task released',
    );
  }

  private async fail(record: TaskRecord, { code, message }: TaskFailure): Promise<void> {
    const { taskId, take } = this;
    if (this.places !== undefined)
      await abortUploads(this.places.destination, record.task.run.uploads.values(), this.lease);
    await record.record(new FailTask(taskId, take, code, message, record.context));
    this.parts.log.warn({ taskId, take, code, reason: message }, 'migration task failed');
  }

  private defect(error: unknown): TaskFailure {
    this.parts.log.error({ taskId: this.taskId, err: error }, 'a migration task failed for a reason of this service');
    return SYSTEM_ERROR;
  }
}

function startOf({ run }: LiveTask, resumed: boolean): MigrationStart {
  const { num: doneNum, size: doneSize } = doneOf(run.totals);
  return {
    ...(run.cursor !== undefined && { cursor: run.cursor }),
    pagesDone: run.page,
    ...{ doneNum, doneSize },
    scannedNum: run.scan?.totalNum ?? run.totals.scannedNum,
    // What is only named by a list has no size when it is scanned; the pages since have learnt theirs.
    scannedSize: Math.max(run.scan?.totalSize ?? 0, run.totals.scannedSize),
    scanIsOver: run.scan !== undefined,
    uploads: [...run.uploads.values()],
    ...(resumed && run.began !== undefined && { ownCopiesSinceMs: run.began.destinationTimeMs }),
  };
}
