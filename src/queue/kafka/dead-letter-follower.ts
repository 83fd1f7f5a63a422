import type { EachBatchPayload, Kafka } from 'kafkajs';
import type { Log } from '../../kernel/log.js';
import { randomId } from '../../kernel/ids.js';
import { wait } from '../../kernel/retry.js';
import type { DeadLetterIndex, LogEntry } from './dead-letter-index.js';
import { LastingConsumer } from './lasting-consumer.js';
import type { Progress } from './progress-poll.js';
import { readLetter } from './records.js';

const LOOK_EVERY_MS = 5;
const FETCH_WAIT_MS = 250;
const SESSION_MS = 30_000;

/** Reads the dead-letter topic into the index, from where the index ends, for as long as the process lives. */
export class DeadLetterFollower {
  private readonly member: LastingConsumer;
  private readTo: { readonly next: bigint; readonly at: number };

  constructor(
    client: Kafka,
    private readonly topic: string,
    groupId: string,
    private readonly index: DeadLetterIndex,
    private readonly log: Log,
  ) {
    this.readTo = { next: index.next, at: 0 };
    const nothing = () => undefined;
    // A group for each consumer alone, so that it reads everything and waits for nobody; nothing is committed in it, the index
    // remembers the offset.
    const config = () => ({
      groupId: `${groupId}.dead-letters.${randomId()}`,
      ...{ sessionTimeout: SESSION_MS, rebalanceTimeout: SESSION_MS, heartbeatInterval: SESSION_MS / 10 },
      maxWaitTimeInMs: FETCH_WAIT_MS,
    });
    const plan = {
      ...{ topic, config, leaving: nothing, committed: nothing },
      joined: () => this.readFromIndex(),
      batch: (payload: EachBatchPayload) => this.take(payload),
      skipped: ({ partition, last }: { partition: number; last: bigint }) => {
        if (partition === 0) this.index.apply([], last + 1n);
      },
    };
    this.member = new LastingConsumer(client, plan, log);
  }

  start(): void {
    this.member.start();
  }

  stop(): Promise<void> {
    return this.member.stop();
  }

  /** Resolves when everything before this offset is in the index; rejects when the signal aborts before. */
  async caughtUpTo(offset: bigint, signal: AbortSignal): Promise<void> {
    while (this.index.next < offset) await wait(LOOK_EVERY_MS, signal);
  }

  /** Sees from the topic's bounds what has expired, and when it was made anew and is shorter than it was. */
  observe({ deadLetters: { low, high }, askedAt }: Progress): void {
    this.index.removeBefore(low);
    if (askedAt > this.readTo.at && high < this.readTo.next) this.startOver();
    this.readTo = { next: this.index.next, at: performance.now() };
  }

  /** Begins at the newest record that is known, to see whether it is still the one that it was. */
  private readFromIndex(): void {
    const offset = this.index.newestSeen?.offset ?? this.index.next;
    this.member.current?.seek({ topic: this.topic, partition: 0, offset: String(offset) });
  }

  private take(payload: EachBatchPayload): Promise<void> {
    const { batch } = payload;
    if (batch.partition === 0) {
      const entries = batch.messages.map((record): LogEntry => ({
        offset: BigInt(record.offset),
        timestamp: record.timestamp,
        record: record.value === null ? undefined : readLetter(this.topic, record),
        removes: record.value === null ? record.key?.toString() : undefined,
      }));
      if (this.isAnew(entries)) {
        this.startOver();
        return Promise.resolve();
      }
      this.index.apply(entries, BigInt(batch.lastOffset()) + 1n);
    }
    payload.resolveOffset(batch.lastOffset());
    return Promise.resolve();
  }

  /** True when the topic was deleted and made again: it holds other records where ours were. */
  private isAnew(entries: readonly LogEntry[]): boolean {
    const seen = this.index.newestSeen;
    if (!seen) return false;
    return entries.some(
      ({ offset, timestamp }) => offset < seen.offset || (offset === seen.offset && timestamp !== seen.timestamp),
    );
  }

  private startOver(): void {
    this.log.warn({ topic: this.topic }, 'The topic of dead letters was made anew; its index is filled again');
    this.index.clear();
    this.readFromIndex();
  }
}
