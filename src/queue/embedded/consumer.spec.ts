import type { DeliveredMessage } from '../queue.port.js';
import { Consumer } from './consumer.js';

const message = (offset: number, body = Buffer.alloc(1)): DeliveredMessage => ({
  ...{ id: `m${offset}`, key: 'k', weight: 1, headers: {}, body },
  ...{ partition: 0, offset: BigInt(offset), publishedAt: '2030-01-01T00:00:00.000Z' },
});

/** A consumer over a log in memory, whose handlers end only when it is stopped. */
function consumerOver(log: DeliveredMessage[], maxInFlight: number) {
  const asked: bigint[] = [];
  const handle = (_each: DeliveredMessage, signal: AbortSignal): Promise<never> =>
    new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(new Error('stopped'))));
  const rules = { retry: { attempts: 1, baseDelayMs: 1, maxDelayMs: 1 }, isOutage: () => false };
  const consumer = new Consumer(-1n, maxInFlight, handle, rules, {
    after: (offset, limit) => {
      asked.push(offset);
      return log.filter((each) => each.offset > offset).slice(0, limit);
    },
    bury: () => Promise.resolve(),
    settled: () => undefined,
    unreadable: () => undefined,
  });
  consumer.pump();
  return { consumer, asked };
}

describe('the consumer of the embedded queue', () => {
  it('takes messages over without reading them back, until its buffer is full', async () => {
    const { consumer, asked } = consumerOver([], 1);
    let taken = 0;
    while (consumer.wantsHandOver && taken < 10_000) consumer.handOver(message(taken++));
    expect(taken).toBe(257); // the one too many stays in the file
    consumer.pump();
    expect(asked).toEqual([-1n]);
    consumer.stop();
    await consumer.ended;
  });

  it('holds few messages when they are large', async () => {
    const { consumer } = consumerOver([], 1);
    let taken = 0;
    while (consumer.wantsHandOver && taken < 10_000) consumer.handOver(message(taken++, Buffer.alloc(1024 * 1024)));
    expect(taken).toBe(9);
    consumer.stop();
    await consumer.ended;
  });

  it('reads what it had no place for where it left off', async () => {
    const log: DeliveredMessage[] = [];
    const { consumer, asked } = consumerOver(log, 300);
    for (let offset = 0; offset < 300; offset++) {
      log.push(message(offset));
      if (consumer.wantsHandOver) consumer.handOver(message(offset));
    }
    consumer.pump();
    expect(asked).toEqual([-1n, 255n]);
    consumer.stop();
    await consumer.ended;
  });

  it('refuses to run without a handler', () => {
    expect(() => consumerOver([], 0)).toThrow('maxInFlight');
  });
});
