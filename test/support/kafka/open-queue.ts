import { randomUUID } from 'node:crypto';
import { KafkaQueue } from '../../../src/queue/kafka/kafka-queue.js';
import type { KafkaQueueOptions } from '../../../src/queue/kafka/kafka-queue-options.js';

type Differences = Partial<KafkaQueueOptions>;

/** Opens a queue on a broker; a place is the name of its topic, under which all processes find the same messages. */
export function openKafkaQueue(address: string, place: string, differences: Differences = {}): Promise<KafkaQueue> {
  return KafkaQueue.open({
    brokers: [address],
    clientId: 'openoms-test',
    groupId: place,
    topic: place,
    partitions: 1,
    indexFile: ':memory:',
    maxUnsettledWeight: 1_000_000,
    sessionTimeoutMs: 2_000,
    ...differences,
  });
}

export const newPlace = (): string => `openoms-test-${randomUUID()}`;
