import {
  Partitioners,
  type Kafka,
  type Message,
  type Producer,
  type RecordMetadata,
  type TopicMessages,
} from 'kafkajs';
import { backoffMs, wait, type RetryPolicy } from '../../kernel/retry.js';
import { QueueFull, QueueUnavailable } from '../queue.port.js';
import { CLIENT_RETRY } from './client.js';
import { DiscardableConnection } from './discardable-connection.js';

/** The topic takes no message of this size. */
export class MessageTooLarge extends Error {
  override readonly name = 'MessageTooLarge';
}

/** Where a record came to stand; undefined is what the client chose by itself or the broker did not say. */
export interface Placed {
  readonly partition: number | undefined;
  readonly offset: bigint | undefined;
}

/** Records that are written together, for one caller. */
interface Call {
  readonly topic: string;
  readonly records: readonly Message[];
  readonly bytes: number;
  readonly deadlineAt: number;
  readonly settle: (outcome: readonly Placed[] | Error) => void;
  settled: boolean;
}

// Bounds of one request: the records of a partition become one batch, which must not be larger than its topic takes.
const GROUP_RECORDS = 500;
const GROUP_BYTES = 512 * 1024;
const MAX_PENDING_BYTES = 128 * 1024 * 1024;
const AGAIN: RetryPolicy = { attempts: Infinity, baseDelayMs: 50, maxDelayMs: 500 };
const DISCONNECT_MS = 2_000;
const METADATA_MAX_AGE_MS = 30_000;
const RECORD_OVERHEAD = 128;

const sizeOf = (value: Buffer | string | null | undefined): number => (value ? Buffer.byteLength(value) : 0);
const bytesOf = (records: readonly Message[]): number =>
  records.reduce((sum, { key, value }) => sum + sizeOf(key) + sizeOf(value) + RECORD_OVERHEAD, 0);

const typeOf = (error: unknown): string => {
  for (let at = error; at instanceof Error; at = at.cause)
    if ('type' in at && typeof at.type === 'string') return at.type;
  return '';
};
const isTooLarge = (error: unknown): boolean => ['MESSAGE_TOO_LARGE', 'RECORD_LIST_TOO_LARGE'].includes(typeOf(error));

/**
 * Writes records for many callers at once: while one request is under way the next is gathered. Acknowledged by all replicas
 * in sync. A producer that failed is never used again: after an error nobody knows which sequence numbers the broker has seen,
 * and a reused number would make it drop records as repeats of others. So a record may be written twice, but never lost.
 */
export class Publisher {
  private pending: Call[] = [];
  private pendingBytes = 0;
  private sending: Promise<void> | undefined;
  private readonly producer: DiscardableConnection<Producer>;
  private closing = false;

  constructor(
    client: Kafka,
    private readonly timeoutMs: number,
  ) {
    const options = {
      idempotent: true,
      metadataMaxAge: METADATA_MAX_AGE_MS,
      allowAutoTopicCreation: false,
      createPartitioner: Partitioners.DefaultPartitioner,
      retry: CLIENT_RETRY,
    };
    this.producer = new DiscardableConnection(() => client.producer(options), DISCONNECT_MS);
  }

  /**
   * Resolves when the records are on the brokers' logs. Rejects with `QueueUnavailable` when that was not confirmed in time (they
   * may still come to stand there), with `MessageTooLarge`, or with `QueueFull` when too much is waiting already.
   */
  send(topic: string, records: readonly Message[]): Promise<readonly Placed[]> {
    if (this.closing) return Promise.reject(new QueueUnavailable('The queue is closing'));
    const bytes = bytesOf(records);
    if (this.pendingBytes > 0 && this.pendingBytes + bytes > MAX_PENDING_BYTES)
      return Promise.reject(new QueueFull('Too much is waiting to be sent to Kafka'));
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        call.settle(new QueueUnavailable(`Kafka did not confirm within ${this.timeoutMs} ms`));
      }, this.timeoutMs);
      const call: Call = {
        ...{ topic, records, bytes, deadlineAt: performance.now() + this.timeoutMs, settled: false },
        settle: (outcome) => {
          if (call.settled) return;
          call.settled = true;
          clearTimeout(timer);
          this.pendingBytes -= bytes;
          if (outcome instanceof Error) reject(outcome);
          else resolve(outcome);
        },
      };
      this.pendingBytes += bytes;
      this.pending.push(call);
      this.sending ??= this.sendAll();
    });
  }

  /** Connects ahead of the first call, so that it need not wait. */
  async warmUp(): Promise<void> {
    await this.producer.get().catch(() => this.producer.discard());
  }

  /** Takes no more; resolves when what was taken is settled, at the latest at its deadline. */
  async close(): Promise<void> {
    this.closing = true;
    while (this.sending) await this.sending;
    await this.producer.discard();
  }

  private async sendAll(): Promise<void> {
    await Promise.resolve(); // what one turn of the event loop brings goes together
    while (this.pending.length > 0) {
      const group = this.takeGroup();
      try {
        await this.transmit(group);
      } catch (error) {
        for (const { settle } of group) settle(new QueueUnavailable('Kafka gave an odd answer', { cause: error }));
      }
    }
    this.sending = undefined;
  }

  private takeGroup(): Call[] {
    let [records, bytes, end] = [0, 0, 0];
    for (const call of this.pending) {
      records += call.records.length;
      bytes += call.bytes;
      if (end > 0 && (records > GROUP_RECORDS || bytes > GROUP_BYTES)) break;
      end++;
    }
    const group = this.pending;
    this.pending = group.splice(end);
    return group.filter(({ settled }) => !settled);
  }

  /** Tries until the group is written or the time of its last caller is over. */
  private async transmit(group: readonly Call[]): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      const waiting = group.filter(({ settled }) => !settled);
      if (waiting.length === 0) return;
      try {
        const written = await this.attempt(waiting);
        if (written) {
          settleAll(waiting, written);
          return;
        }
        void this.producer.discard(); // it may hang for long; nobody waits for it any more
      } catch (error) {
        void this.producer.discard();
        if (isTooLarge(error)) return this.transmitSingly(waiting, error);
        await wait(backoffMs(AGAIN, attempt));
      }
    }
  }

  /** One request; undefined when nobody waits for its answer any more. */
  private async attempt(group: readonly Call[]): Promise<RecordMetadata[] | undefined> {
    const latest = Math.max(...group.map(({ deadlineAt }) => deadlineAt));
    let timer: NodeJS.Timeout | undefined;
    const tooLate = new Promise<undefined>((resolve) => {
      timer = setTimeout(() => resolve(undefined), Math.max(0, latest - performance.now()));
    });
    const topicMessages = [...new Set(group.map(({ topic }) => topic))].map((topic) => ({
      topic,
      messages: group.filter((call) => call.topic === topic).flatMap(({ records }) => records),
    }));
    const sent = this.producer
      .get()
      .then((producer) => producer.sendBatch({ topicMessages, acks: -1, timeout: this.timeoutMs }));
    sent.catch(() => undefined); // when it ends after everybody has gone
    try {
      const written = await Promise.race([sent, tooLate]);
      if (written) assertComplete(topicMessages, written);
      return written;
    } finally {
      clearTimeout(timer);
    }
  }

  private async transmitSingly(group: readonly Call[], error: unknown): Promise<void> {
    if (group.length === 1)
      group[0]?.settle(new MessageTooLarge('The message is larger than its topic takes', { cause: error }));
    else for (const call of group) await this.transmit([call]);
  }
}

/** Throws when something was not written: the client silently leaves out partitions that it has not heard of yet. */
export function assertComplete(sent: readonly TopicMessages[], written: readonly RecordMetadata[]): void {
  const there = new Set(written.flatMap(({ topicName, partition }) => [topicName, `${topicName}/${partition}`]));
  for (const { topic, messages } of sent)
    for (const { partition } of messages) {
      // Among partitions that it chooses itself the client leaves none out.
      const place = partition === undefined ? topic : `${topic}/${partition}`;
      if (!there.has(place)) throw new Error(`Nothing was written to ${place}`);
    }
}

/** Tells every caller where its records stand: those of one partition stand in the order in which they were sent. */
function settleAll(group: readonly Call[], written: readonly RecordMetadata[]): void {
  const next = new Map<string, bigint>();
  for (const { topicName, partition, baseOffset } of written)
    if (baseOffset !== undefined && !baseOffset.startsWith('-'))
      next.set(`${topicName}/${partition}`, BigInt(baseOffset));
  for (const { topic, records, settle } of group)
    settle(
      records.map(({ partition }) => {
        if (partition === undefined) return { partition, offset: undefined };
        const offset = next.get(`${topic}/${partition}`);
        if (offset !== undefined) next.set(`${topic}/${partition}`, offset + 1n);
        return { partition, offset };
      }),
    );
}
