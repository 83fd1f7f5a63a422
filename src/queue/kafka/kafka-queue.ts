import type { Kafka } from 'kafkajs';
import { SystemClock, type Clock } from '../../kernel/clock.js';
import { silentLog, type Log } from '../../kernel/log.js';
import { deliveryRules, type DeliveryRules, type Handle } from '../delivery.js';
import {
  Queue,
  QueueUnavailable,
  type ConsumeOptions,
  type PublishOptions,
  type QueueMessage,
  type QueueStats,
} from '../queue.port.js';
import { Backlog } from './backlog.js';
import { kafkaClient } from './client.js';
import { DeadLetterIndex, type IndexedLetter } from './dead-letter-index.js';
import { DeadLetters } from './dead-letters.js';
import { GroupConsumer } from './group-consumer.js';
import type { KafkaQueueOptions } from './kafka-queue-options.js';
import { prepareTopics } from './prepare-topics.js';
import { partitionFor } from './partitions.js';
import { ProgressPoll, type Progress } from './progress-poll.js';
import { Publisher } from './publisher.js';
import { messageRecord } from './records.js';
import { endWithin, within } from './within.js';

const REQUEST_TIMEOUT_MS = 5_000;
const SESSION_TIMEOUT_MS = 10_000;
const START_TIMEOUT_MS = 10_000;
const POLL_TIMEOUT_MS = 2_000;
// What is known of the brokers is older than this only when they do not answer.
const STALE_AFTER_MS = 2_500;
const FRESH_WITHIN_MS = 1_000;
const HANDLERS_END_WITHIN_MS = 30_000;

/** What the parts of one queue agree on. */
interface Settings {
  readonly topic: string;
  readonly deadLetterTopic: string;
  readonly groupId: string;
  readonly requestTimeoutMs: number;
  readonly sessionTimeoutMs: number;
  readonly maxUnsettledWeight: number;
  readonly rules: DeliveryRules;
  readonly clock: Clock;
  readonly log: Log;
}

/**
 * The queue on Kafka, shared by any number of processes. Beyond what the port says:
 * - A publish that rejects with `QueueUnavailable` may have happened all the same, and messages of one call that go to several
 *   partitions may then be there in part; their ids make repeats recognizable.
 * - How much is unsettled is known exactly of what this process published or fetched; see `Backlog`.
 * - Two processes that re-drive one dead letter at the same moment may both publish it.
 */
export class KafkaQueue extends Queue {
  private readonly publisher: Publisher;
  private readonly poll: ProgressPoll;
  private readonly letters: DeadLetters;
  private readonly backlog: Backlog;
  private consumer: GroupConsumer | undefined;
  private closing: Promise<void> | undefined;

  private constructor(
    private readonly client: Kafka,
    index: DeadLetterIndex,
    private readonly settings: Settings,
  ) {
    super();
    const { topic, deadLetterTopic, groupId, requestTimeoutMs, maxUnsettledWeight, clock, log } = settings;
    this.backlog = new Backlog(maxUnsettledWeight, (partition) => this.consumer?.workOf(partition));
    this.publisher = new Publisher(client, requestTimeoutMs);
    const pollPlan = { topic, deadLetterTopic, groupId, timeoutMs: Math.min(POLL_TIMEOUT_MS, requestTimeoutMs) };
    this.poll = new ProgressPoll(client, pollPlan, (progress) => this.observe(progress));
    const plan = { topic: deadLetterTopic, groupId, timeoutMs: requestTimeoutMs, clock, log };
    this.letters = new DeadLetters(client, plan, index, this.publisher, this.poll);
  }

  /**
   * Connects, makes the topics that are absent and reads the dead letters. Rejects with `QueueUnavailable`, which names the brokers,
   * when they cannot be reached in time or refuse.
   */
  static async open(options: KafkaQueueOptions): Promise<KafkaQueue> {
    const { topic = 'openoms.sync-events', clock = new SystemClock(), log = silentLog } = options;
    const settings: Settings = {
      ...{
        topic,
        deadLetterTopic: options.deadLetterTopic ?? `${topic}.dead-letter`,
        groupId: options.groupId,
        clock,
        log,
      },
      requestTimeoutMs: options.requestTimeoutMs ?? REQUEST_TIMEOUT_MS,
      sessionTimeoutMs: options.sessionTimeoutMs ?? SESSION_TIMEOUT_MS,
      maxUnsettledWeight: options.maxUnsettledWeight,
      rules: deliveryRules(options),
    };
    const client = kafkaClient(options, settings.requestTimeoutMs, log);
    const startTimeoutMs = options.startTimeoutMs ?? START_TIMEOUT_MS;
    await prepareTopics(client, { ...options, ...settings }, startTimeoutMs, log);
    const index = DeadLetterIndex.open(options.indexFile, settings.deadLetterTopic);
    let queue: KafkaQueue | undefined;
    try {
      queue = new KafkaQueue(client, index, settings);
      await queue.start(startTimeoutMs);
      return queue;
    } catch (error) {
      if (queue) await queue.close();
      else index.close();
      throw error;
    }
  }

  override partitionOf(key: string): number {
    return partitionFor(key, this.backlog.partitions);
  }

  override async publish(messages: readonly QueueMessage[], { replacing }: PublishOptions = {}): Promise<void> {
    this.assertOpen();
    if (messages.length === 0) return;
    const release = this.backlog.reserve(messages, replacing);
    try {
      const { topic, clock } = this.settings;
      const now = clock.now();
      const records = messages.map((message) => messageRecord(message, this.partitionOf(message.key), now));
      this.backlog.published(messages, await this.publisher.send(topic, records));
    } finally {
      release();
    }
  }

  override async consume({ maxInFlight }: ConsumeOptions, handle: Handle, signal: AbortSignal): Promise<void> {
    this.assertOpen();
    if (this.consumer) throw new Error('The queue has a consumer already');
    if (signal.aborted) return;
    const { topic, groupId, sessionTimeoutMs, rules, log } = this.settings;
    const plan = { topic, groupId, sessionTimeoutMs, maxInFlight, handle, rules };
    const side = {
      progress: () => this.poll.fresh(),
      isBuried: this.letters.isBuried,
      bury: this.letters.bury.bind(this.letters),
      committed: (partition: number, next: bigint) => this.backlog.committed(partition, next),
      weighed: (weight: number) => this.backlog.weighed(weight),
    };
    const consumer = new GroupConsumer(this.client, plan, side, log);
    this.consumer = consumer;
    const stop = () => consumer.stop();
    signal.addEventListener('abort', stop, { once: true });
    consumer.start();
    await consumer.ended;
    signal.removeEventListener('abort', stop);
    this.consumer = undefined;
  }

  override async deadLetters(limit: number, after = -1n): Promise<readonly IndexedLetter[]> {
    await Promise.resolve();
    this.assertOpen();
    return this.letters.list(limit, after);
  }

  override async redrive(deadOffset: bigint): Promise<boolean> {
    this.assertOpen();
    return this.letters.redrive(deadOffset, async (found) => {
      const { letter } = found;
      const release = this.backlog.reserve([letter]);
      try {
        const { topic, clock } = this.settings;
        const record = messageRecord(letter, this.partitionOf(letter.key), clock.now());
        this.backlog.published([letter], [await this.letters.move(found, topic, record)], 1);
      } finally {
        release();
      }
    });
  }

  /** Rejects with `QueueUnavailable` within about a second when the brokers have not answered for a few. */
  override async stats(): Promise<QueueStats> {
    this.assertOpen();
    const { latest } = this.poll;
    if (!latest || performance.now() - latest.askedAt > STALE_AFTER_MS)
      await within(FRESH_WITHIN_MS, this.poll.fresh(), () => new QueueUnavailable('Kafka does not answer'));
    this.assertOpen();
    const { messages, weight } = this.backlog.load(this.letters.loadFrom);
    return {
      unsettledMessages: messages,
      unsettledWeight: weight,
      deadLetters: this.letters.count,
      partitions: this.backlog.offsets(),
    };
  }

  /** As the port says; handlers that do not end within half a minute are left behind. */
  override close(): Promise<void> {
    return (this.closing ??= this.shutDown());
  }

  private async start(timeoutMs: number): Promise<void> {
    const progress = await this.poll.first(timeoutMs);
    await Promise.all([this.letters.start(progress), this.publisher.warmUp()]);
    this.poll.start();
  }

  private observe(progress: Progress): void {
    this.backlog.observe(progress);
    if (!this.closing) this.letters.observe(progress);
  }

  private async shutDown(): Promise<void> {
    const { consumer } = this;
    if (consumer) {
      consumer.stop();
      await endWithin(HANDLERS_END_WITHIN_MS, consumer.ended);
      await consumer.abandon();
    }
    await this.publisher.close();
    await this.poll.stop();
    await this.letters.close();
  }

  private assertOpen(): void {
    if (this.closing) throw new QueueUnavailable('The queue is closing');
  }
}
