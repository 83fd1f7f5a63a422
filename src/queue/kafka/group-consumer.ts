import type { EachBatchPayload, Kafka } from 'kafkajs';
import type { Log } from '../../kernel/log.js';
import { backoffMs, wait } from '../../kernel/retry.js';
import { deliver, type DeliveryRules, type Handle } from '../delivery.js';
import { MessageMoved, type DeliveredMessage, type Handled } from '../queue.port.js';
import { LastingConsumer, type Skipped } from './lasting-consumer.js';
import { PartitionWork } from './partition-work.js';
import type { PartitionProgress, Progress } from './progress-poll.js';
import { deliveredMessage } from './records.js';
import { endWithin } from './within.js';

type Refusal = Extract<Handled, { kind: 'dead' }>;

export interface GroupConsumerPlan {
  readonly topic: string;
  readonly groupId: string;
  readonly sessionTimeoutMs: number;
  readonly maxInFlight: number;
  readonly handle: Handle;
  readonly rules: DeliveryRules;
}

/** What the consumer asks of its queue. */
export interface QueueSide {
  /** How far the logs and the group are, asked anew. Rejects when there is no answer. */
  readonly progress: () => Promise<Progress>;
  /** True when the message is among the dead letters already. */
  readonly isBuried: (message: DeliveredMessage) => boolean;
  /** Moves the message to the dead letters; resolves when that is durable. */
  readonly bury: (message: DeliveredMessage, refusal: Refusal) => Promise<void>;
  readonly committed: (partition: number, next: bigint) => void;
  readonly weighed: (weight: number) => void;
}

// How far one slow message may hold back the commit, in messages per handler.
const WINDOW_PER_HANDLER = 16;
// A commit that lags only means that a crash redelivers more.
const COMMIT_EVERY_MS = 75;
const FETCH_WAIT_MS = 200;
const MIB = 1024 * 1024;
const BUFFERED_MESSAGES = 4_096;
const BUFFERED_BYTES = 32 * MIB;
const UNKNOWN_START_WAIT_MS = 10;
const LAST_COMMIT_MS = 5_000;

/**
 * Hands the messages of this process's partitions to handlers, many at once, and commits only what is settled. Where a
 * partition is read on is decided here and not by the client: from the offset that the group has committed when the partition
 * is new, from the last one taken when it was kept.
 */
export class GroupConsumer {
  /** Resolves when it was stopped, the handlers have ended and the group was left. */
  readonly ended: Promise<void>;
  private end!: () => void;
  private readonly member: LastingConsumer;
  private work = new Map<number, PartitionWork>();
  private turn = 0;
  private inFlight = 0;
  private epoch = 0;
  private stopped = false;
  private commitTimer: NodeJS.Timeout | undefined;
  private committing: Promise<void> = Promise.resolve();

  constructor(
    client: Kafka,
    private readonly plan: GroupConsumerPlan,
    private readonly queue: QueueSide,
    private readonly log: Log,
  ) {
    const { topic, groupId, sessionTimeoutMs, maxInFlight } = plan;
    if (!Number.isInteger(maxInFlight) || maxInFlight < 1) throw new Error(`maxInFlight must be at least 1`);
    this.ended = new Promise((resolve) => (this.end = resolve));
    const config = () => ({
      groupId,
      sessionTimeout: sessionTimeoutMs,
      rebalanceTimeout: sessionTimeoutMs,
      heartbeatInterval: Math.min(1_000, Math.ceil(sessionTimeoutMs / 10)),
      maxWaitTimeInMs: FETCH_WAIT_MS,
      maxBytesPerPartition: MIB,
      maxBytes: 8 * MIB,
    });
    const joined = (partitions: readonly number[]) => this.joined(partitions);
    const leaving = () => void this.commit();
    const batch = (payload: EachBatchPayload) => this.accept(payload);
    const skipped = (stretch: Skipped) => this.skip(stretch);
    const committed = (partition: number, next: bigint) => this.noteCommit(partition, next);
    this.member = new LastingConsumer(client, { topic, config, joined, leaving, batch, skipped, committed }, log);
  }

  start(): void {
    this.member.start();
  }

  /** Work that this process has of the partition; undefined when the partition is not its own. */
  workOf(partition: number): PartitionWork | undefined {
    const work = this.work.get(partition);
    return work?.next === undefined ? undefined : work;
  }

  /** Delivers nothing more and tells the handlers; stays a member until they have ended, so that nobody else begins their work. */
  stop(): void {
    if (this.stopped) return;
    this.stopped = true;
    for (const work of this.work.values()) {
      this.pause(work);
      work.drop();
      work.abort(new Error('The consumer is stopping'));
    }
    if (this.inFlight === 0) void this.finish();
  }

  /** Ends without waiting for handlers that do not end. */
  async abandon(): Promise<void> {
    this.stop();
    await this.finish();
  }

  private async finish(): Promise<void> {
    clearTimeout(this.commitTimer);
    await endWithin(LAST_COMMIT_MS, this.commit());
    await this.member.stop();
    this.work.clear();
    this.end();
  }

  private joined(partitions: readonly number[]): void {
    const epoch = ++this.epoch;
    const owned = new Set(partitions);
    for (const work of this.work.values()) if (!owned.has(work.partition)) this.lose(work);
    for (const partition of partitions)
      if (!this.work.has(partition)) this.work.set(partition, new PartitionWork(partition));
    for (const work of this.work.values()) {
      this.pauseAgain(work);
      this.readFrom(work);
    }
    this.log.info({ topic: this.plan.topic, partitions }, 'The group has shared out the partitions');
    void this.findStarts(epoch);
  }

  private lose(work: PartitionWork): void {
    work.lost = true;
    work.drop();
    this.work.delete(work.partition);
    work.abort(new MessageMoved(`Partition ${work.partition} belongs to another consumer now`));
  }

  /** Learns where each partition goes on. Until then nothing is taken of those that are new. */
  private async findStarts(epoch: number): Promise<void> {
    for (let attempt = 1; epoch === this.epoch && !this.stopped; attempt++) {
      const before = [...this.work.values()].map((work) => ({ work, next: work.next }));
      try {
        const { partitions } = await this.queue.progress();
        if (epoch !== this.epoch || this.stopped) return;
        for (const { work, next } of before) {
          const found = partitions.get(work.partition) ?? NOTHING_YET;
          if (next === undefined) this.begin(work, found);
          else if (isStale(work, next, found)) this.beginAnew(work, found);
        }
        return;
      } catch {
        await wait(backoffMs(this.plan.rules.retry, attempt));
      }
    }
  }

  private begin(work: PartitionWork, { low, committed = low }: PartitionProgress): void {
    work.next = work.committed = committed < low ? low : committed;
    this.readFrom(work);
  }

  private beginAnew(work: PartitionWork, found: PartitionProgress): void {
    this.lose(work);
    const anew = new PartitionWork(work.partition);
    this.work.set(work.partition, anew);
    this.begin(anew, found);
    this.pauseAgain(anew);
  }

  private readFrom({ partition, next }: PartitionWork): void {
    const { topic } = this.plan;
    if (next !== undefined) this.member.current?.seek({ topic, partition, offset: String(next) });
  }

  /** Takes a batch if it goes on where the last one ended; otherwise the client is told where to read. */
  private async accept({ batch, resolveOffset }: EachBatchPayload): Promise<void> {
    const { partition } = batch;
    const last = BigInt(batch.lastOffset());
    const work = this.work.get(partition);
    if (!work || this.stopped) return;
    if (work.next === undefined) return void (await wait(UNKNOWN_START_WAIT_MS));
    if (!this.goesOn(work, BigInt(batch.firstOffset() ?? last))) return this.readFrom(work);
    const messages = batch.messages.map((record) => deliveredMessage(this.plan.topic, partition, record));
    for (const { weight } of messages) this.queue.weighed(weight);
    work.add(messages, last);
    resolveOffset(String(last));
    if (this.isFull(work)) this.pause(work);
    this.pump();
    this.commitSoon();
  }

  private skip({ partition, first, last }: Skipped): void {
    const work = this.work.get(partition);
    if (!work || this.stopped || work.next === undefined) return;
    if (!this.goesOn(work, first)) return this.readFrom(work);
    work.add([], last);
    this.pump();
    this.commitSoon();
  }

  /**
   * A batch that was asked for before the partitions were shared out may begin too late. One that begins too late again after
   * the client was told where to read has a real gap before it: the messages in between have expired.
   */
  private goesOn(work: PartitionWork, first: bigint): boolean {
    const { next, gapEnd, partition } = work;
    if (next === undefined || first <= next) {
      work.gapEnd = undefined;
      return next !== undefined;
    }
    work.gapEnd = first;
    if (gapEnd !== first) return false;
    this.log.warn({ partition, expected: String(next), found: String(first) }, 'Messages have expired before they were read');
    return true;
  }

  private isFull(work: PartitionWork, share = 1): boolean {
    const most = (share / this.work.size) * BUFFERED_MESSAGES;
    return work.buffered > most || work.bufferedBytes > (share / this.work.size) * BUFFERED_BYTES;
  }

  private pause(work: PartitionWork): void {
    work.paused = true;
    this.pauseAgain(work);
  }

  /** A new consumer of the client does not know what was paused. */
  private pauseAgain({ partition, paused }: PartitionWork): void {
    const partitions = [{ topic: this.plan.topic, partitions: [partition] }];
    if (paused || this.stopped) this.member.current?.pause(partitions);
    else this.member.current?.resume(partitions);
  }

  private resumeIfRoom(work: PartitionWork): void {
    if (!work.paused || this.stopped || this.isFull(work, 0.5)) return;
    work.paused = false;
    this.pauseAgain(work);
  }

  /** Starts as many handlers as the bounds allow, the partitions in turn. */
  private pump(): void {
    const window = this.plan.maxInFlight * WINDOW_PER_HANDLER;
    const all = [...this.work.values()];
    let idle = 0;
    while (!this.stopped && this.inFlight < this.plan.maxInFlight && idle < all.length) {
      const work = all[this.turn++ % all.length];
      const message = work?.take(window);
      if (!work || !message) idle++;
      else {
        idle = 0;
        this.inFlight++;
        void this.process(work, message);
      }
    }
    for (const work of all) this.resumeIfRoom(work);
  }

  private async process(work: PartitionWork, message: DeliveredMessage): Promise<void> {
    const signal = work.begin(message);
    const settled = this.queue.isBuried(message) || (await this.handle(message, signal));
    work.end(message, settled);
    this.inFlight--;
    this.commitSoon();
    if (!this.stopped) this.pump();
    else if (this.inFlight === 0) await this.finish();
  }

  private async handle(message: DeliveredMessage, signal: AbortSignal): Promise<boolean> {
    const { handle, rules } = this.plan;
    const handled = await deliver(message, handle, rules, signal);
    if (!handled || signal.reason instanceof MessageMoved) return false;
    return handled.kind === 'done' || (await this.bury(message, handled, signal));
  }

  /** Tries until the dead letter is durable; false when the signal aborted before: then the message is delivered again. */
  private async bury(message: DeliveredMessage, refusal: Refusal, signal: AbortSignal): Promise<boolean> {
    for (let attempt = 1; ; attempt++) {
      try {
        await this.queue.bury(message, refusal);
        return true;
      } catch (error) {
        this.log.error({ err: error }, 'A dead letter could not be stored; will try again');
        const delayed = wait(backoffMs(this.plan.rules.retry, attempt), signal);
        const again = await delayed.then(
          () => true,
          () => false,
        );
        if (!again) return false;
      }
    }
  }

  private commitSoon(): void {
    if (this.stopped) return;
    this.commitTimer ??= setTimeout(() => {
      this.commitTimer = undefined;
      void this.commit();
    }, COMMIT_EVERY_MS);
  }

  /** Commits what is settled, one request at a time. One that is refused is harmless: it is made again, or others commit. */
  private commit(): Promise<void> {
    return (this.committing = this.committing.then(() => this.commitNow()));
  }

  private async commitNow(): Promise<void> {
    const { topic } = this.plan;
    const due = [...this.work.values()].flatMap((work) => (work.toCommit === undefined ? [] : [{ work, to: work.toCommit }]));
    const consumer = this.member.current;
    if (due.length === 0 || !consumer) return;
    try {
      await consumer.commitOffsets(
        due.map(({ work, to }) => ({ topic, partition: work.partition, offset: String(to) })),
      );
    } catch {
      // It is made again below, or the partition is not ours any more.
    }
    if (due.some(({ work }) => work.toCommit !== undefined)) this.commitSoon();
  }

  private noteCommit(partition: number, next: bigint): void {
    const work = this.work.get(partition);
    if (work && (work.committed === undefined || work.committed < next)) work.committed = next;
    this.queue.committed(partition, next);
  }
}

const NOTHING_YET: PartitionProgress = { low: 0n, high: 0n, committed: undefined };

/**
 * True when what is in hand of a partition that was kept is out of date: others went on while this process was out of the group,
 * or the topic was made anew.
 */
const isStale = ({ settledTo }: PartitionWork, next: bigint, { high, committed }: PartitionProgress): boolean =>
  high < next || (committed !== undefined && settledTo !== undefined && settledTo < committed);
