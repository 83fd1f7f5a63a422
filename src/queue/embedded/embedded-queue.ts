import { SystemClock, type Clock } from '../../kernel/clock.js';
import { silentLog, type Log } from '../../kernel/log.js';
import type { RetryPolicy } from '../../kernel/retry.js';
import { Queue, QueueFull, QueueUnavailable } from '../queue.port.js';
import type { ConsumeOptions, DeliveredMessage, QueueMessage, QueueStats } from '../queue.port.js';
import { Consumer, type Source } from './consumer.js';
import type { DeliveryRules, Handle } from './delivery.js';
import { GroupCommit } from './group-commit.js';
import { PARTITION, QueueFile, type StoredDeadLetter } from './queue-file.js';

export interface EmbeddedQueueOptions {
  /** Path of the SQLite file; its folder exists. One process at a time may have it open. */
  readonly file: string;
  /** Bound of the weight that is published and not settled. */
  readonly maxUnsettledWeight: number;
  readonly clock?: Clock;
  readonly log?: Log;
  /** Tries of a handler that throws (8 by default), then the message is a dead letter. */
  readonly retry?: RetryPolicy;
  /** Errors that say an engine is down: tried for as long as it takes, because nothing accepted may be lost. */
  readonly isOutage?: (error: unknown) => boolean;
}

const DEFAULT_RETRY: RetryPolicy = { attempts: 8, baseDelayMs: 100, maxDelayMs: 10_000 };
const OUTAGES: readonly string[] = ['EventStoreUnavailable', 'QueueUnavailable'];
const isOutage = (error: unknown): boolean => error instanceof Error && OUTAGES.includes(error.name);

// A commit that lags only means that a crash redelivers more.
const COMMIT_EVERY_MS = 50;

/**
 * The queue in a SQLite file, for a service that is one process. One partition; publishers share transactions; messages that
 * have just become durable are handed to the consumer without being read back, so their bodies must not be changed.
 */
export class EmbeddedQueue extends Queue {
  private readonly changes: GroupCommit;
  private consumer: Consumer | undefined;
  private consuming: Promise<void> | undefined;
  private closing: Promise<void> | undefined;
  private commitTimer: NodeJS.Timeout | undefined;
  private publishedAt = '';
  private newest: number | undefined;
  private assigned: number;
  private committed: number | undefined;
  private committable: number | undefined;
  private unsettledMessages = 0;
  private unsettledWeight = 0;
  private deadLetterCount: number;

  private constructor(
    private readonly file: QueueFile,
    private readonly maxUnsettledWeight: number,
    private readonly rules: DeliveryRules,
    private readonly clock: Clock,
    private readonly log: Log,
  ) {
    super();
    this.changes = new GroupCommit(
      (work) => this.commit(work),
      () => this.consumer?.pump(),
    );
    const { newest, committed } = file.progress();
    this.newest = newest;
    this.assigned = newest ?? -1;
    this.committed = this.committable = committed;
    this.deadLetterCount = file.countDeadLetters();
    this.recount();
  }

  /** Throws `QueueUnavailable` when the file cannot be opened or another process has it. */
  static open(options: EmbeddedQueueOptions): EmbeddedQueue {
    const { maxUnsettledWeight, clock = new SystemClock(), log = silentLog } = options;
    if (!Number.isInteger(maxUnsettledWeight) || maxUnsettledWeight < 1)
      throw new Error(`maxUnsettledWeight must be a whole number of at least 1, not ${maxUnsettledWeight}`);
    const rules = { retry: options.retry ?? DEFAULT_RETRY, isOutage: options.isOutage ?? isOutage };
    return new EmbeddedQueue(new QueueFile(options.file), maxUnsettledWeight, rules, clock, log);
  }

  override partitionOf(): number {
    return PARTITION;
  }

  override async publish(messages: readonly QueueMessage[]): Promise<void> {
    this.assertOpen();
    if (messages.length > 0) await this.write(messages, () => true);
  }

  override async consume({ maxInFlight }: ConsumeOptions, handle: Handle, signal: AbortSignal): Promise<void> {
    this.assertOpen();
    if (this.consuming) throw new Error('The queue has a consumer already');
    if (signal.aborted) return;
    const cursor = BigInt(this.committed ?? -1);
    const consumer = new Consumer(cursor, maxInFlight, handle, this.rules, this.source());
    this.consumer = consumer;
    this.consuming = this.untilEnded(consumer, signal);
    await this.consuming;
  }

  override async deadLetters(limit: number, after?: bigint): Promise<readonly StoredDeadLetter[]> {
    await Promise.resolve();
    this.assertOpen();
    return this.file.deadLetters(Number(after ?? -1n), limit);
  }

  override async redrive(deadOffset: bigint): Promise<boolean> {
    this.assertOpen();
    const at = Number(deadOffset);
    const [letter] = this.file.deadLetters(at - 1, 1);
    if (letter?.deadOffset !== deadOffset) return false;
    const moved = await this.write([letter], () => this.file.unearth(at));
    if (moved) this.deadLetterCount--;
    return moved;
  }

  override async stats(): Promise<QueueStats> {
    await Promise.resolve();
    this.assertOpen();
    const { unsettledMessages, unsettledWeight, deadLetterCount: deadLetters } = this;
    const at = (offset: number | undefined) => (offset === undefined ? undefined : BigInt(offset));
    const partition = { partition: PARTITION, newest: at(this.newest), committed: at(this.committed) };
    return { unsettledMessages, unsettledWeight, deadLetters, partitions: [partition] };
  }

  override close(): Promise<void> {
    return (this.closing ??= this.shutDown());
  }

  private async shutDown(): Promise<void> {
    this.consumer?.stop();
    await this.consuming;
    this.flush();
    clearTimeout(this.commitTimer);
    this.file.close();
  }

  private assertOpen(): void {
    if (this.closing) throw new QueueUnavailable('The queue is closing');
  }

  /** Appends the messages if `allowed` (asked inside the transaction) still says so; answers what it said. */
  private write(messages: readonly QueueMessage[], allowed: () => boolean): Promise<boolean> {
    const weight = weightOf(messages);
    if (this.unsettledWeight + weight > this.maxUnsettledWeight)
      throw new QueueFull(`The queue holds ${this.unsettledWeight} of at most ${this.maxUnsettledWeight} units of work`);
    this.count(messages.length, weight); // before it is durable, so that those on their way count as well
    return new Promise((resolve, reject) => {
      let first: number | undefined;
      this.changes.add({
        bytes: messages.reduce((sum, { body }) => sum + body.length, 0),
        apply: () => (first = allowed() ? this.append(messages) : undefined),
        durable: () => {
          if (first === undefined) this.count(-messages.length, -weight);
          else this.announce(messages, first);
          resolve(first !== undefined);
        },
        refused: (error) => {
          this.count(-messages.length, -weight);
          this.log.error({ err: error }, 'The queue could not store messages');
          reject(new QueueUnavailable('The queue could not store the messages', { cause: error }));
        },
      });
    });
  }

  private append(messages: readonly QueueMessage[]): number {
    const first = this.assigned + 1;
    this.assigned += messages.length;
    this.file.append(messages, first, this.publishedAt);
    return first;
  }

  private announce(messages: readonly QueueMessage[], first: number): void {
    this.newest = first + messages.length - 1;
    const { consumer, publishedAt } = this;
    for (const [index, { id, key, weight, headers, body }] of messages.entries()) {
      if (!consumer?.wantsHandOver) return;
      const offset = BigInt(first + index);
      consumer.handOver({ id, key, weight, headers, body, partition: PARTITION, offset, publishedAt });
    }
  }

  /** One transaction: the changes, and the committed offset with them. */
  private commit(work: () => void): void {
    const { committable } = this;
    this.publishedAt = this.clock.now().toISOString();
    this.file.transaction(() => {
      work();
      if (committable !== undefined && committable !== this.committed) this.file.commit(committable);
    });
    this.committed = committable;
  }

  private source(): Source {
    return {
      after: (offset, limit, maxBytes) => this.file.after(Number(offset), limit, maxBytes),
      unreadable: (error) => this.log.error({ err: error }, 'The queue could not be read; will try again'),
      bury: (message, { reason, cause }) =>
        new Promise((resolve, reject) => {
          const deadAt = this.clock.now().toISOString();
          this.changes.add({
            bytes: message.body.length,
            apply: () => this.file.bury({ ...message, reason, cause, deadAt }),
            durable: () => {
              this.deadLetterCount++;
              resolve();
            },
            refused: (error) => {
              this.log.error({ err: error }, 'The queue could not store a dead letter; will try again');
              reject(error as Error);
            },
          });
        }),
      settled: ({ weight }, committable) => {
        this.count(-1, -weight);
        if (committable === undefined || Number(committable) === this.committable) return;
        this.committable = Number(committable);
        this.commitTimer ??= setTimeout(() => this.commitInTime(), COMMIT_EVERY_MS);
      },
    };
  }

  private commitInTime(): void {
    this.commitTimer = undefined;
    if (this.committable !== this.committed) this.changes.add(this.bareCommit());
  }
}
