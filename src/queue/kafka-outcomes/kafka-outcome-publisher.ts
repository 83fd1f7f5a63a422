import type { Message } from 'kafkajs';
import { silentLog, type Log } from '../../kernel/log.js';
import { kafkaClient } from '../kafka/client.js';
import type { KafkaConnection } from '../kafka/kafka-queue-options.js';
import { MessageTooLarge, Publisher } from '../kafka/publisher.js';
import type { OutcomePublisher, OutcomeRecord } from '../outcome-publisher.port.js';
import { QueueUnavailable } from '../queue.port.js';
import { makeTopic } from './make-topic.js';

export interface KafkaOutcomePublisherOptions extends KafkaConnection {
  /** `openoms.sync-outcomes` by default. */
  readonly topic?: string;
  /** What the topic is made with when it is absent; -1 leaves the replication to the broker. */
  readonly partitions: number;
  readonly replicationFactor: number;
  /** How long one publish may take in all (30 s by default). */
  readonly timeoutMs?: number;
  readonly log?: Log;
}

const DEFAULT_TOPIC = 'openoms.sync-outcomes';
const DEFAULT_TIMEOUT_MS = 30_000;
/** One request of the client; a publish has time for several. */
const MAX_REQUEST_MS = 5_000;

/**
 * Publishes to a topic: acknowledged by all replicas in sync, by a producer whose repeats the broker recognizes; the partition
 * follows from the key as in Kafka's own clients. Connects, and makes the topic where it is absent, with the first call.
 */
export class KafkaOutcomePublisher implements OutcomePublisher {
  private readonly client;
  private readonly publisher: Publisher;
  private readonly topic: string;
  private readonly timeoutMs: number;
  private readonly log: Log;
  private topicIsThere = false;

  constructor(private readonly options: KafkaOutcomePublisherOptions) {
    this.topic = options.topic ?? DEFAULT_TOPIC;
    this.timeoutMs = options.timeoutMs ?? DEFAULT_TIMEOUT_MS;
    this.log = options.log ?? silentLog;
    this.client = kafkaClient(options, Math.min(MAX_REQUEST_MS, this.timeoutMs), this.log);
    this.publisher = new Publisher(this.client, this.timeoutMs);
  }

  async publish(records: readonly OutcomeRecord[], signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    if (!this.topicIsThere) await this.unlessAborted(this.prepareTopic(), signal);
    const messages = records.map(({ key, headers, value }): Message => ({ key, headers: { ...headers }, value }));
    await this.unlessAborted(this.send(messages, signal), signal);
  }

  /** Ends the connections; what is under way ends first, at the latest at its deadline. */
  async close(): Promise<void> {
    await this.publisher.close();
  }

  /** A topic may be set to take less than a group: then it gets halves, and only a single record can be too large. */
  private async send(messages: readonly Message[], signal: AbortSignal): Promise<void> {
    try {
      await this.publisher.send(this.topic, messages);
    } catch (error) {
      if (!(error instanceof MessageTooLarge) || messages.length < 2) throw error;
      const half = Math.ceil(messages.length / 2);
      for (const part of [messages.slice(0, half), messages.slice(half)]) {
        signal.throwIfAborted();
        await this.send(part, signal);
      }
    }
  }

  private async prepareTopic(): Promise<void> {
    const { partitions, replicationFactor } = this.options;
    try {
      await makeTopic(this.client, { topic: this.topic, partitions, replicationFactor }, this.timeoutMs, this.log);
    } catch (cause) {
      throw new QueueUnavailable(`The topic ${this.topic} cannot be looked up or made`, { cause });
    }
    this.topicIsThere = true;
  }

  /** The work goes on behind an abort, up to its own deadline; nobody waits for it. */
  private async unlessAborted(work: Promise<void>, signal: AbortSignal): Promise<void> {
    let stop: (() => void) | undefined;
    const aborted = new Promise<never>((_resolve, reject) => {
      stop = () => reject(signal.reason instanceof Error ? signal.reason : new Error('Aborted'));
      signal.addEventListener('abort', stop, { once: true });
    });
    try {
      await Promise.race([work, aborted]);
    } finally {
      if (stop) signal.removeEventListener('abort', stop);
    }
  }
}
