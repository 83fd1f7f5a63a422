import type { EventStore, RecordedEvent } from '../../event-store/event-store.port.js';
import { hasEnded } from '../../kernel/has-ended.js';
import type { Log } from '../../kernel/log.js';
import { SystemTime, type MonotonicTime } from '../../kernel/monotonic-time.js';
import { dispatcher } from '../../projections/handlers-of.js';
import type { OutcomePublisher, OutcomeRecord } from '../../queue/outcome-publisher.port.js';
import { SYNC_EVENT_STREAMS, type SyncEventEvent } from '../../sync-tasks/sync-event.events.js';
import type { WireFormat } from '../../wire/sync-outcome.wire.js';
import type { LogPosition, OutcomeCheckpoint } from './outcome-checkpoint.js';
import { FeedProgress } from './feed-progress.js';
import { outcomeRecord } from './outcome-record.js';
import type { ProjectOf } from './task-projects.js';

export interface OutcomeFeedOptions {
  readonly format: WireFormat;
  /** How far a process that died may have come without anybody knowing, in milliseconds: so much is published again. */
  readonly saveEveryMs?: number;
  /** Told of outcomes (sync events) that became durable on the topic. */
  readonly onPublished?: (syncEvents: number) => void;
}

/** Bounds of one call of the publisher; a single record may be larger. */
const GROUP_RECORDS = 500;
const GROUP_BYTES = 512 * 1024;
const SAVE_EVERY_MS = 5_000;

interface Group {
  readonly records: readonly OutcomeRecord[];
  /** Place of the last of them in the log. */
  readonly position: bigint;
}

/**
 * Publishes the outcome of every settled sync event, in the order of the log, each at least once. To be run by one process at
 * a time; another one may go on at any moment.
 *
 * It begins at the end of the log when it runs for the first time, so that a long history does not come over the readers
 * unasked. From then on nothing is left out: what was settled while nobody ran it is published when it runs again.
 */
export class OutcomeFeed {
  private readonly recordOf = dispatcher<SyncEventEvent, undefined, Promise<OutcomeRecord | undefined>>(
    'sync-outcomes',
    {
      SyncEventCreated: () => Promise.resolve(undefined),
      SyncEventSettled: async (event) => {
        const projectId = await this.projectOf(event.data.syncTaskId);
        return outcomeRecord(event, projectId ?? '', this.options.format);
      },
    },
  );

  constructor(
    private readonly events: EventStore,
    private readonly checkpoint: OutcomeCheckpoint,
    private readonly publisher: OutcomePublisher,
    private readonly projectOf: ProjectOf,
    private readonly log: Log,
    private readonly options: OutcomeFeedOptions,
    private readonly time: MonotonicTime = new SystemTime(),
  ) {}

  /**
   * Publishes until the signal aborts; then resolves, with the position saved where the event store lets it. Rejects when the
   * event store or the publisher fails: run it again, here or in another process.
   */
  async run(signal: AbortSignal): Promise<void> {
    const progress = new FeedProgress(this.checkpoint, this.time, this.log);
    const over = new AbortController();
    const ending = AbortSignal.any([signal, over.signal]);
    const from = await this.begin();
    progress.begin(from);
    const saveEveryMs = this.options.saveEveryMs ?? SAVE_EVERY_MS;
    const parts = [this.follow(from, progress, ending), progress.saveEvery(saveEveryMs, ending)];
    const ended = await Promise.allSettled(parts.map((part) => part.finally(() => over.abort())));
    await progress.saveLast();
    if (hasEnded(signal)) return;
    for (const part of ended) if (part.status === 'rejected') throw part.reason;
  }

  private async begin(): Promise<LogPosition> {
    const [saved, head] = [await this.checkpoint.load(), await this.events.head()];
    if (saved !== 'never') {
      this.log.info({ from: String(saved.position), head: String(head) }, 'publishing outcomes');
      return saved.position;
    }
    await this.checkpoint.save(head);
    this.log.info({ from: String(head) }, 'publishing outcomes for the first time: those of the past are left out');
    return head;
  }

  private async follow(from: LogPosition, progress: FeedProgress, signal: AbortSignal): Promise<void> {
    for await (const { events, position } of this.events.subscribeAll(from, [SYNC_EVENT_STREAMS], signal)) {
      for await (const group of this.groupsOf(events)) {
        await this.publisher.publish(group.records, signal);
        progress.published(group.position);
        this.options.onPublished?.(group.records.length);
      }
      progress.passed(position);
    }
    if (!hasEnded(signal)) throw new Error('The subscription ended by itself');
  }

  private async *groupsOf(events: readonly RecordedEvent[]): AsyncGenerator<Group, void, undefined> {
    let [records, bytes, position]: [OutcomeRecord[], number, bigint] = [[], 0, 0n];
    for (const event of events) {
      const record = await this.recordOf(event, undefined);
      if (record === undefined) continue;
      if (records.length >= GROUP_RECORDS || (records.length > 0 && bytes + record.value.length > GROUP_BYTES)) {
        yield { records, position };
        [records, bytes] = [[], 0];
      }
      records.push(record);
      bytes += record.value.length;
      position = event.position;
    }
    if (records.length > 0) yield { records, position };
  }
}
