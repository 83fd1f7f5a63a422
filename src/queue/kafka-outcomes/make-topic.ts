import type { Kafka } from 'kafkajs';
import type { Log } from '../../kernel/log.js';
import { endWithin, within } from '../kafka/within.js';

export interface WantedTopic {
  readonly topic: string;
  readonly partitions: number;
  /** -1: what the broker is configured with. */
  readonly replicationFactor: number;
}

const DISCONNECT_MS = 2_000;

/**
 * Makes the topic where it is absent; how long its records are kept is the broker's setting, for the readers to change.
 * Rejects when the brokers do not answer within `timeoutMs` or refuse.
 */
export async function makeTopic(
  client: Kafka,
  { topic, partitions: numPartitions, replicationFactor }: WantedTopic,
  timeoutMs: number,
  log: Log,
): Promise<void> {
  const admin = client.admin();
  const make = async () => {
    await admin.connect();
    if ((await admin.listTopics()).includes(topic)) return;
    if (await admin.createTopics({ topics: [{ topic, numPartitions, replicationFactor }] }))
      log.info({ topic }, 'Made the topic');
  };
  try {
    await within(timeoutMs, make(), () => new Error(`The brokers did not answer within ${timeoutMs} ms`));
  } finally {
    await endWithin(DISCONNECT_MS, admin.disconnect());
  }
}
