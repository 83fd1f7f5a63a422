import type { Admin, Kafka } from 'kafkajs';
import type { Log } from '../../kernel/log.js';
import { wait } from '../../kernel/retry.js';
import { QueueUnavailable } from '../queue.port.js';
import { TOPIC_DEFAULTS, type KafkaConnection, type TopicSettings } from './kafka-queue-options.js';
import { ensureTopics } from './topics.js';
import { endWithin, within } from './within.js';

type Wanted = KafkaConnection & Partial<TopicSettings> & { readonly topic: string; readonly deadLetterTopic: string };

const AGAIN_MS = 300;
const DISCONNECT_MS = 1_000;

/** Reaches the brokers and makes the topics that are absent, within this time; rejects with `QueueUnavailable`. */
export async function prepareTopics(client: Kafka, wanted: Wanted, timeoutMs: number, log: Log): Promise<void> {
  const giveUpAt = performance.now() + timeoutMs;
  for (;;) {
    const left = giveUpAt - performance.now();
    try {
      await within(left, attempt(client, wanted, log), () => new Error(`no answer within ${timeoutMs} ms`));
      return;
    } catch (error) {
      const over = performance.now() + AGAIN_MS >= giveUpAt;
      if (over || isFinal(error)) throw unavailable(wanted.brokers, error);
    }
    await wait(AGAIN_MS);
  }
}

async function attempt(client: Kafka, wanted: Wanted, log: Log): Promise<void> {
  const admin: Admin = client.admin();
  try {
    await admin.connect();
    const { topic, deadLetterTopic } = wanted;
    await ensureTopics(admin, topic, deadLetterTopic, settingsOf(wanted), log);
  } finally {
    void endWithin(DISCONNECT_MS, admin.disconnect());
  }
}

const settingsOf = (wanted: Partial<TopicSettings>): TopicSettings => ({
  partitions: wanted.partitions ?? TOPIC_DEFAULTS.partitions,
  replicationFactor: wanted.replicationFactor ?? TOPIC_DEFAULTS.replicationFactor,
  retentionMs: wanted.retentionMs ?? TOPIC_DEFAULTS.retentionMs,
  deadLetterRetentionMs: wanted.deadLetterRetentionMs ?? TOPIC_DEFAULTS.deadLetterRetentionMs,
  maxMessageBytes: wanted.maxMessageBytes ?? TOPIC_DEFAULTS.maxMessageBytes,
});

/** A refusal of the login, or of a topic's settings, will not be another one a moment later. */
const isFinal = (error: unknown): boolean =>
  error instanceof Error &&
  (error.name === 'KafkaJSSASLAuthenticationError' ||
    error.name === 'KafkaJSAggregateError' ||
    (error.cause !== undefined && isFinal(error.cause)));

function unavailable(brokers: readonly string[], error: unknown): QueueUnavailable {
  const why = error instanceof AggregateError || !(error instanceof Error) ? String(error) : error.message;
  return new QueueUnavailable(`Kafka cannot be used at ${brokers.join(', ')}: ${why}`, { cause: error });
}
