import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { timeOrderedId } from '../../src/kernel/ids.js';
import { EmbeddedQueue } from '../../src/queue/embedded/embedded-queue.js';
import type { Handled, QueueMessage } from '../../src/queue/queue.port.js';

const PUBLISHERS = 64;
const MESSAGES = 60_000;
const SINGLES = 500;
const DONE: Handled = { kind: 'done' };

const newMessage = (): QueueMessage => ({
  id: timeOrderedId(),
  key: '5f1e3a52-6f0c-4b0e-9d3c-0a4c2b7c9f11/photos/2030/01/01/image-000000001.jpg',
  weight: 1,
  headers: { 'content-type': 'application/json' },
  body: Buffer.alloc(200, 'x'),
});

async function withQueue<T>(work: (queue: EmbeddedQueue) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(path.join(tmpdir(), 'openoms-bench-'));
  const queue = EmbeddedQueue.open({ file: path.join(folder, 'queue.db'), maxUnsettledWeight: 10_000_000 });
  try {
    return await work(queue);
  } finally {
    await queue.close();
    await rm(folder, { recursive: true });
  }
}

/** Each publisher sends its next message when the one before is durable. */
async function publishAll(queue: EmbeddedQueue): Promise<void> {
  const publisher = async () => {
    for (let n = 0; n < MESSAGES / PUBLISHERS; n++) await queue.publish([newMessage()]);
  };
  await Promise.all(Array.from({ length: PUBLISHERS }, publisher));
}

const perSecond = (startedAt: number) => Math.round(MESSAGES / ((performance.now() - startedAt) / 1000));

async function publishOnly(): Promise<number> {
  return withQueue(async (queue) => {
    const startedAt = performance.now();
    await publishAll(queue);
    return perSecond(startedAt);
  });
}

async function publishAndSettle(): Promise<number> {
  return withQueue(async (queue) => {
    const stopping = new AbortController();
    let left = Math.floor(MESSAGES / PUBLISHERS) * PUBLISHERS;
    const handle = () => {
      if (--left === 0) stopping.abort();
      return Promise.resolve(DONE);
    };
    const startedAt = performance.now();
    await Promise.all([queue.consume({ maxInFlight: 64 }, handle, stopping.signal), publishAll(queue)]);
    return perSecond(startedAt);
  });
}

/** One message at a time through an idle queue: from the call of publish to the call of the handler. */
async function latencies(): Promise<number[]> {
  return withQueue(async (queue) => {
    const stopping = new AbortController();
    const waits: number[] = [];
    let publishedAt = 0;
    let arrived: () => void = () => undefined;
    const handle = () => {
      waits.push(performance.now() - publishedAt);
      arrived();
      return Promise.resolve(DONE);
    };
    const consumed = queue.consume({ maxInFlight: 64 }, handle, stopping.signal);
    for (let n = 0; n < SINGLES; n++) {
      const handled = new Promise<void>((resolve) => (arrived = resolve));
      publishedAt = performance.now();
      await Promise.all([queue.publish([newMessage()]), handled]);
    }
    stopping.abort();
    await consumed;
    return waits.sort((a, b) => a - b);
  });
}

/** The embedded queue, durable (`synchronous=FULL`). */
export async function benchQueue(): Promise<{ name: string; figures: Record<string, number | string> }[]> {
  const waits = await latencies();
  const quantile = (q: number) => Number((waits[Math.floor(waits.length * q)] ?? NaN).toFixed(2));
  return [
    { name: `queue: ${PUBLISHERS} publishers, one message each call`, figures: { 'messages/s': await publishOnly() } },
    { name: `queue: the same with a consumer`, figures: { 'messages/s': await publishAndSettle() } },
    { name: 'queue: publish to handler, idle', figures: { 'p50 ms': quantile(0.5), 'p99 ms': quantile(0.99) } },
  ];
}
