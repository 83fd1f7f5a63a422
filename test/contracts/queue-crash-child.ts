/** Publishes until it is killed, and says what was confirmed; every third message is settled, the others stay open. */
import { timeOrderedId } from '../../src/kernel/ids.js';
import type { Queue } from '../../src/queue/queue.port.js';
import { DONE, message, untilAborted } from './queue-support.js';

const [module, place] = process.argv.slice(2);
if (module === undefined || place === undefined) throw new Error('usage: queue-crash-child <module> <place>');
const { openQueue } = (await import(module)) as { openQueue: (place: string) => Queue | Promise<Queue> };
const queue = await openQueue(place);

const consumed = queue.consume(
  { maxInFlight: 10_000 },
  (each, signal) => {
    if (each.weight !== 3) return untilAborted(each, signal);
    process.stdout.write(`settled ${each.id}\n`);
    return Promise.resolve(DONE);
  },
  new AbortController().signal,
);

async function publishForEver(): Promise<never> {
  for (let n = 0; ; n++) {
    const id = timeOrderedId();
    await queue.publish([message(id, { weight: n % 3 === 0 ? 3 : 1 })]);
    process.stdout.write(`published ${id}\n`);
  }
}

await Promise.all([consumed, ...Array.from({ length: 16 }, publishForEver)]);
