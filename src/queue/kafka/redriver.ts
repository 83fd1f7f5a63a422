import { Partitioners, type Kafka, type Message, type Producer, type TopicMessages, type Transaction } from 'kafkajs';
import { randomId } from '../../kernel/ids.js';
import { backoffMs, wait, type RetryPolicy } from '../../kernel/retry.js';
import { QueueUnavailable } from '../queue.port.js';
import { CLIENT_RETRY } from './client.js';
import { DiscardableConnection } from './discardable-connection.js';
import { assertComplete, type Placed } from './publisher.js';
import { within } from './within.js';

const DISCONNECT_MS = 2_000;
const TRANSACTION_MS = 15_000;
const AGAIN: RetryPolicy = { attempts: Infinity, baseDelayMs: 20, maxDelayMs: 200 };

/** Puts dead letters back: the message and the end of its letter in one transaction, one letter at a time. */
export class Redriver {
  private readonly producer: DiscardableConnection<Producer>;
  private last: Promise<unknown> = Promise.resolve();

  constructor(
    client: Kafka,
    groupId: string,
    private readonly timeoutMs: number,
  ) {
    const options = {
      idempotent: true,
      // Keeps its name for the life of the process, so that what a failed producer left open ends before the next begins.
      transactionalId: `${groupId}.redrive.${randomId()}`,
      transactionTimeout: TRANSACTION_MS,
      maxInFlightRequests: 1,
      allowAutoTopicCreation: false,
      retry: CLIENT_RETRY,
      createPartitioner: Partitioners.DefaultPartitioner,
    };
    this.producer = new DiscardableConnection(() => client.producer(options), DISCONNECT_MS);
  }

  /** Runs alone: nothing else is put back meanwhile. */
  alone<T>(work: () => Promise<T>): Promise<T> {
    const mine = this.last.then(work);
    this.last = mine.catch(() => undefined);
    return mine;
  }

  /**
   * Writes both or neither; answers where the message stands. Rejects with `QueueUnavailable` when that was not confirmed in time:
   * then it may have happened all the same, and the topic of dead letters tells.
   */
  async move(topic: string, message: Message, deadLetterTopic: string, end: Message): Promise<Placed> {
    const topicMessages = [
      { topic, messages: [message] },
      { topic: deadLetterTopic, messages: [end] },
    ];
    try {
      const late = () => new Error(`no confirmation within ${this.timeoutMs} ms`);
      const offset = await within(this.timeoutMs, this.transact(topicMessages), late);
      return { partition: message.partition ?? 0, offset };
    } catch (error) {
      void this.producer.discard();
      const why = error instanceof Error ? error.message : String(error);
      throw new QueueUnavailable(`Kafka did not put the dead letter back: ${why}`, { cause: error });
    }
  }

  async close(): Promise<void> {
    await this.last;
    await this.producer.discard();
  }

  private async transact(topicMessages: TopicMessages[]): Promise<bigint | undefined> {
    const deadline = AbortSignal.timeout(this.timeoutMs);
    for (let attempt = 1; ; attempt++) {
      const producer = await this.producer.get();
      const transaction = await producer.transaction();
      try {
        return await attemptOnce(transaction, topicMessages);
      } catch (error) {
        if (!isStillEnding(error)) throw error;
      }
      await wait(backoffMs(AGAIN, attempt), deadline); // the brokers are still ending the transaction before this one
    }
  }
}

async function attemptOnce(transaction: Transaction, topicMessages: TopicMessages[]): Promise<bigint | undefined> {
  try {
    const written = await transaction.sendBatch({ topicMessages, acks: -1 });
    assertComplete(topicMessages, written);
    await transaction.commit();
    const first = written.find(({ topicName }) => topicName === topicMessages[0]?.topic);
    return first?.baseOffset === undefined ? undefined : BigInt(first.baseOffset);
  } catch (error) {
    if (transaction.isActive()) await transaction.abort().catch(() => undefined);
    throw error;
  }
}

const isStillEnding = (error: unknown): boolean =>
  error instanceof Error && 'type' in error && error.type === 'CONCURRENT_TRANSACTIONS';
