/** Consumes a queue until it is killed and says what it took; what it took it never settles. */
import { openKafkaQueue } from './open-queue.js';

const [address = '', place = '', partitions = '1'] = process.argv.slice(2);
const queue = await openKafkaQueue(address, place, { partitions: Number(partitions) });
await queue.consume(
  { maxInFlight: 10 },
  ({ id }) => {
    process.stdout.write(`${id}\n`);
    return new Promise(() => undefined);
  },
  new AbortController().signal,
);
