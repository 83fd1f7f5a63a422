import { describeQueue } from '../contracts/queue.contract.js';
import { describeKafka } from '../support/kafka/describe-kafka.js';
import { startKafka } from '../support/kafka/index.js';
import { newPlace, openKafkaQueue } from '../support/kafka/open-queue.js';

describeKafka('on a real broker', await startKafka(), ({ address }) => {
  describeQueue('the Kafka queue', {
    newPlace: () => Promise.resolve(`${address} ${newPlace()}`),
    open: (place, settings) => openKafkaQueue(address, place.split(' ')[1] ?? '', settings),
    countsByOffset: true,
    childModule: new URL('../contracts/queue-kafka.open.ts', import.meta.url).href,
  });
});
