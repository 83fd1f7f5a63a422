import type { KafkaQueue } from '../../src/queue/kafka/kafka-queue.js';
import { openKafkaQueue } from '../support/kafka/open-queue.js';

/** For the processes of the crash contract; a place is the broker's address and the topic. */
export const openQueue = (place: string): Promise<KafkaQueue> => {
  const [address = '', topic = ''] = place.split(' ');
  return openKafkaQueue(address, topic);
};
