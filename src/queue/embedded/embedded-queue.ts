import { SystemClock, type Clock } from '../../kernel/clock.js';
import { silentLog, type Log } from '../../kernel/log.js';
import type { RetryPolicy } from '../../kernel/retry.js';
import { Queue, QueueUnavailable } from '../queue.port.js';
import type { ConsumeOptions, PublishOptions, QueueMessage, QueueStats } from '../queue.port.js';
import { Consumer, type Source } from './consumer.js';
import { deliveryRules, type DeliveryRules, type Handle } from '../delivery.js';
import { GroupCommit, type Change } from './group-commit.js';
import { OffsetCommit } from './offset-commit.js';
import { PARTITION, QueueFile, type StoredDeadLetter } from './queue-file.js';
import { loadOf, UnsettledLoad } from '../unsettled-load.js';

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

const offsetOf = (offset: number | undefined): bigint | undefined =>
  offset === undefined ? undefined : BigInt(offset);

/**
 * The queue in a SQLite file, for a service that is one process. One partition; publishers share transactions; messages that
 * have just become durable are handed to the consumer without being read back, so their bodies must not be changed.
 */
export class EmbeddedQueue extends Queue {
  private readonly changes: GroupCommit;
  private readonly offsets: OffsetCommit;
  private readonly unsettled: UnsettledLoad;
  private consumer: Consumer | undefined;
  private consuming: Promise<void> | undefined;
  private closing: Promise<void> | undefined;
  private publishedAt = '';
  private newest: number | undefined;
  private assigned: number;
  private deadLetterCount: number;

  private constructor(
    private readonly file: QueueFile,
    maxUnsettledWeight: number,
    private readonly rules: DeliveryRules,
    private readonly clock: Clock,
    private readonly log: Log,
  ) {
    super();
    const { newest, committed } = file.progress();
    this.newest = newest;
    this.assigned = newest ?? -1;
    this.deadLetterCount = file.countDeadLetters();
    this.unsettled = new UnsettledLoad(maxUnsettledWeight);
    this.unsettled.set(file.load());
    this.offsets = new OffsetCommit(committed, () => this.changes.add(this.bareCommit));
    this.changes = new GroupCommit(
      (work) => this.commit(work),
      () => this.consumer?.pump(),
    );
  }

  /** Throws `QueueUnavailable` when the file cannot be opened or another process has it. */
  static open(options: EmbeddedQueueOptions): EmbeddedQueue {
    const { maxUnsettledWeight, clock = new SystemClock(), log = silentLog } = options;
    const rules = deliveryRules(options);
    const file = new QueueFile(options.file);
    try {
      return new EmbeddedQueue(file, maxUnsettledWeight, rules, clock, log);
    } catch (error) {
      file.close();
      throw error;
    }
  }

  override partitionOf(): number {
    return PARTITION;
  }

  override async publish(messages: readonly QueueMessage[], { replacing }: PublishOptions = {}): Promise<void> {
    this.assertOpen();
    if (messages.length > 0) await this.write(messages, () => true, replacing);
  }

  override async consume({ maxInFlight }: ConsumeOptions, handle: Handle, signal: AbortSignal): Promise<void> {
    this.assertOpen();
    if (this.consuming) throw new Error('The queue has a consumer already');
    if (signal.aborted) return;
    const after = BigInt(this.offsets.committed ?? -1);
    const consumer = new Consumer(after, maxInFlight, handle, this.rules, this.source());
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
    const partition = {
      partition: PARTITION,
      newest: offsetOf(this.newest),
      committed: offsetOf(this.offsets.committed),
    };
    return {
      unsettledMessages: this.unsettled.messages,
      unsettledWeight: this.unsettled.weight,
      deadLetters: this.deadLetterCount,
      partitions: [partition],
    };
  }

  override close(): Promise<void> {
    return (this.closing ??= this.shutDown());
  }

  private async shutDown(): Promise<void> {
    this.consumer?.stop();
    await this.consuming;
    this.changes.flush();
    this.offsets.stop();
    this.file.close();
  }

  private assertOpen(): void {
    if (this.closing) throw new QueueUnavailable('The queue is closing');
  }

  /** Appends the messages if `allowed`, asked inside the transaction, says so; answers what it said. */
  private write(messages: readonly QueueMessage[], allowed: () => boolean, replacing = false): Promise<boolean> {
    const load = loadOf(messages);
    this.unsettled.reserve(load, replacing);
    return new Promise((resolve, reject) => {
      let first: number | undefined;
      this.changes.add({
        bytes: messages.reduce((sum, { body }) => sum + body.length, 0),
        apply: () => (first = allowed() ? this.append(messages) : undefined),
        durable: () => {
          if (first === undefined) this.unsettled.release(load);
          else this.announce(messages, first);
          resolve(first !== undefined);
        },
        refused: (error) => {
          this.unsettled.release(load);
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

  private commit(work: () => void): void {
    this.publishedAt = this.clock.now().toISOString();
    this.offsets.ride((due) =>
      this.file.transaction(() => {
        work();
        if (due !== undefined) this.file.commit(due);
      }),
    );
  }

  /** Nothing but the committed offset that rides along. */
  private readonly bareCommit: Change = {
    bytes: 0,
    apply: () => undefined,
    durable: () => undefined,
    refused: (error) => this.log.error({ err: error }, 'The queue could not commit; what is settled may come again'),
  };

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
              reject(new QueueUnavailable('The queue could not store a dead letter', { cause: error }));
            },
          });
        }),
      settled: ({ weight }, committable) => {
        this.unsettled.release({ messages: 1, weight });
        if (committable !== undefined) this.offsets.note(Number(committable));
      },
    };
  }

  private async untilEnded(consumer: Consumer, signal: AbortSignal): Promise<void> {
    const stop = () => consumer.stop();
    signal.addEventListener('abort', stop, { once: true });
    consumer.pump();
    await consumer.ended;
    signal.removeEventListener('abort', stop);
    this.consumer = undefined;
    this.consuming = undefined;
    this.changes.add(this.bareCommit);
    this.changes.flush();
    // What was settled behind an unsettled message will be delivered again, so it counts again.
    this.unsettled.set(this.file.load());
  }
}
