import type { EachBatchPayload, Kafka } from 'kafkajs';
import type { Log } from '../../kernel/log.js';
import { backoffMs, wait, type RetryPolicy } from '../../kernel/retry.js';
import { MessageMoved } from '../queue.port.js';
import { LastingConsumer, type Skipped } from './lasting-consumer.js';
import { PartitionWork } from './partition-work.js';
import type { PartitionProgress, Progress } from './progress-poll.js';
import { deliveredMessage } from './records.js';

export interface ReaderPlan {
  readonly topic: string;
  readonly groupId: string;
  readonly sessionTimeoutMs: number;
  /** How far the logs and the group are, asked anew. Rejects when there is no answer. */
  readonly progress: () => Promise<Progress>;
  /** There may be more to handle. */
  readonly filled: () => void;
  /** Partitions may go to others in a moment: what is settled should be committed now. */
  readonly leaving: () => void;
  readonly committed: (partition: number, next: bigint) => void;
  readonly weighed: (weight: number) => void;
}

const FETCH_WAIT_MS = 200;
const MIB = 1024 * 1024;
const BUFFERED_MESSAGES = 4_096;
const BUFFERED_BYTES = 32 * MIB;
const UNKNOWN_START_WAIT_MS = 10;
const ASK_AGAIN: RetryPolicy = { attempts: Infinity, baseDelayMs: 100, maxDelayMs: 1_000 };
const METADATA_MAX_AGE_MS = 30_000;
const NOTHING_YET: PartitionProgress = { low: 0n, high: 0n, committed: undefined };

/**
 * Reads the partitions that the group gives to this process, without gap or repeat. Where one is read on is decided here and not
 * by the client: from the offset that the group has committed when the partition is new, from the last one taken when it was
 * kept; also when the client had to be made anew.
 */
export class PartitionReader {
  private readonly work = new Map<number, PartitionWork>();
  private readonly member: LastingConsumer;
  private epoch = 0;
  private idle = false;

  constructor(
    client: Kafka,
    private readonly plan: ReaderPlan,
    private readonly log: Log,
  ) {
    const { topic, groupId, sessionTimeoutMs, leaving } = plan;
    const config = () => ({
      groupId,
      sessionTimeout: sessionTimeoutMs,
      rebalanceTimeout: sessionTimeoutMs,
      heartbeatInterval: Math.min(1_000, Math.ceil(sessionTimeoutMs / 10)),
      metadataMaxAge: METADATA_MAX_AGE_MS,
      maxWaitTimeInMs: FETCH_WAIT_MS,
      maxBytesPerPartition: MIB,
      maxBytes: 8 * MIB,
    });
    const joined = (partitions: readonly number[]) => this.joined(partitions);
    const batch = (payload: EachBatchPayload) => this.accept(payload);
    const skipped = (stretch: Skipped) => this.skip(stretch);
    const committed = (partition: number, next: bigint) => this.noteCommit(partition, next);
    this.member = new LastingConsumer(client, { topic, config, joined, leaving, batch, skipped, committed }, log);
  }

  /** The work of each partition that is this process's own. */
  get all(): readonly PartitionWork[] {
    return [...this.work.values()];
  }

  /** The work of a partition; undefined when it is another's, or not known yet where it begins. */
  of(partition: number): PartitionWork | undefined {
    const work = this.work.get(partition);
    return work?.next === undefined ? undefined : work;
  }

  start(): void {
    this.member.start();
  }

  /** Takes nothing more, but stays a member of the group. */
  rest(): void {
    this.idle = true;
    for (const work of this.work.values()) {
      work.drop();
      this.steer(work);
    }
  }

  /** Leaves the group. */
  async stop(): Promise<void> {
    this.idle = true;
    await this.member.stop();
    this.work.clear();
  }

  /** Lets partitions that were full be read on when there is room again. */
  resume(): void {
    for (const work of this.work.values()) {
      if (!work.paused || this.isFull(work, 0.5)) continue;
      work.paused = false;
      this.steer(work);
    }
  }

  /** Asks the group to take note of these offsets; whether it did, `PartitionWork.committed` tells. */
  async commit(due: readonly { readonly partition: number; readonly next: bigint }[]): Promise<void> {
    const { topic } = this.plan;
    const offsets = due.map(({ partition, next }) => ({ topic, partition, offset: String(next) }));
    await this.member.current?.commitOffsets(offsets);
  }

  private noteCommit(partition: number, next: bigint): void {
    const work = this.work.get(partition);
    if (work && (work.committed === undefined || work.committed < next)) work.committed = next;
    this.plan.committed(partition, next);
  }

  private joined(partitions: readonly number[]): void {
    const owned = new Set(partitions);
    for (const work of this.work.values()) if (!owned.has(work.partition)) this.lose(work);
    for (const partition of partitions)
      if (!this.work.has(partition)) this.work.set(partition, new PartitionWork(partition));
    for (const work of this.work.values()) {
      this.steer(work);
      this.readOn(work);
    }
    this.log.info({ topic: this.plan.topic, partitions }, 'The group has shared out the partitions');
    void this.findStarts(++this.epoch);
  }

  private lose(work: PartitionWork): void {
    work.lost = true;
    work.drop();
    this.work.delete(work.partition);
    work.abort(new MessageMoved(`Partition ${work.partition} belongs to another consumer now`));
  }

  /** Learns where each partition goes on. Until then nothing is taken of those that are new. */
  private async findStarts(epoch: number): Promise<void> {
    for (let attempt = 1; epoch === this.epoch && !this.idle; attempt++) {
      const before = this.all.map((work) => ({ work, next: work.next }));
      const progress = await this.plan.progress().catch(() => undefined);
      if (this.isOver(epoch)) return;
      if (!progress) {
        await wait(backoffMs(ASK_AGAIN, attempt));
        continue;
      }
      for (const { work, next } of before) {
        const found = progress.partitions.get(work.partition) ?? NOTHING_YET;
        if (next === undefined) this.begin(work, found);
        else if (isStale(work, next, found)) this.beginAnew(work, found);
      }
      return;
    }
  }

  private isOver(epoch: number): boolean {
    return epoch !== this.epoch || this.idle;
  }

  private begin(work: PartitionWork, { low, committed = low }: PartitionProgress): void {
    work.next = work.committed = committed < low ? low : committed;
    this.readOn(work);
  }

  private beginAnew(work: PartitionWork, found: PartitionProgress): void {
    this.lose(work);
    const anew = new PartitionWork(work.partition);
    this.work.set(work.partition, anew);
    this.steer(anew);
    this.begin(anew, found);
  }

  private readOn({ partition, next }: PartitionWork): void {
    const { topic } = this.plan;
    if (next !== undefined) this.member.current?.seek({ topic, partition, offset: String(next) });
  }

  /** Takes a batch if it goes on where the last one ended; otherwise the client is told where to read. */
  private async accept(payload: EachBatchPayload): Promise<void> {
    const { batch } = payload;
    const { partition } = batch;
    const last = BigInt(batch.lastOffset());
    const work = this.work.get(partition);
    if (!work || this.idle) return;
    if (work.next === undefined) {
      await wait(UNKNOWN_START_WAIT_MS);
      return;
    }
    if (!this.goesOn(work, BigInt(batch.firstOffset() ?? last))) {
      this.readOn(work);
      return;
    }
    const messages = batch.messages.map((record) => deliveredMessage(this.plan.topic, partition, record));
    for (const { weight } of messages) this.plan.weighed(weight);
    work.add(messages, last);
    payload.resolveOffset(String(last));
    work.paused = this.isFull(work);
    if (work.paused) this.steer(work);
    this.plan.filled();
  }

  private skip({ partition, first, last }: Skipped): void {
    const work = this.work.get(partition);
    if (!work || this.idle || work.next === undefined) return;
    if (this.goesOn(work, first)) work.add([], last);
    else this.readOn(work);
    this.plan.filled();
  }

  /**
   * A batch that was asked for before the partitions were shared out may begin too late. One that begins too late again after
   * the client was told where to read has a real gap before it: the messages in between have expired.
   */
  private goesOn(work: PartitionWork, first: bigint): boolean {
    const { next = first, gapEnd, partition } = work;
    work.gapEnd = first > next ? first : undefined;
    if (first <= next) return true;
    if (gapEnd !== first) return false;
    const details = { partition, expected: String(next), found: String(first) };
    this.log.warn(details, 'Messages have expired before they were read');
    return true;
  }

  private isFull({ buffered, bufferedBytes }: PartitionWork, share = 1): boolean {
    const part = share / this.work.size;
    return buffered > part * BUFFERED_MESSAGES || bufferedBytes > part * BUFFERED_BYTES;
  }

  /** Tells the client whether to fetch; one that was made anew does not know. */
  private steer({ partition, paused }: PartitionWork): void {
    const partitions = [{ topic: this.plan.topic, partitions: [partition] }];
    if (paused || this.idle) this.member.current?.pause(partitions);
    else this.member.current?.resume(partitions);
  }
}

/**
 * True when what is in hand of a partition that was kept is out of date: others went on while this process was out of the group,
 * or the topic was made anew.
 */
const isStale = ({ settledTo }: PartitionWork, next: bigint, { high, committed }: PartitionProgress): boolean =>
  high < next || (committed !== undefined && settledTo !== undefined && settledTo < committed);
