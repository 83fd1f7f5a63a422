import { setTimeout as sleep } from 'node:timers/promises';
import { QueueUnavailable, type Queue } from '../../src/queue/queue.port.js';
import { Consumption, DONE, message } from '../contracts/queue-support.js';
import { describeKafka } from '../support/kafka/describe-kafka.js';
import { startKafka } from '../support/kafka/index.js';
import { newPlace, openKafkaQueue } from '../support/kafka/open-queue.js';
import { until } from '../support/until.js';

const TIMEOUT_MS = 2_000;
const settings = { partitions: 4, requestTimeoutMs: TIMEOUT_MS };

/** Publishes one message after the other until it is told to stop; remembers what was confirmed. */
function publishing(queue: Queue, name: string) {
  const confirmed: string[] = [];
  const slowest = { ms: 0 };
  let [stopped, refused] = [false, 0];
  const ended = (async () => {
    for (let n = 0; !stopped; n++) {
      const beganAt = performance.now();
      const id = `${name}-${n}`;
      try {
        await queue.publish([message(id, { key: id })]);
        confirmed.push(id);
      } catch (error) {
        if (!(error instanceof QueueUnavailable)) throw error;
        refused++;
      }
      slowest.ms = Math.max(slowest.ms, performance.now() - beganAt);
      await sleep(5);
    }
  })();
  const stop = async () => {
    stopped = true;
    await ended;
  };
  return { confirmed, slowest, stop, refused: () => refused };
}

const isUnavailable = (asked: Promise<unknown>): Promise<boolean> =>
  asked.then(
    () => false,
    (error: unknown) => error instanceof QueueUnavailable,
  );

describeKafka('the Kafka queue on a broker that fails', await startKafka({ own: true }), (kafka) => {
  let queue: Queue;
  beforeEach(async () => (queue = await openKafkaQueue(kafka.address, newPlace(), settings)));
  afterEach(async () => {
    await queue.close();
    await kafka.kill();
    await kafka.start();
  });

  it('loses nothing that was confirmed when the broker is killed and comes back, and goes on by itself', async () => {
    const consumption = new Consumption(queue);
    const publishers = Array.from({ length: 8 }, (_, n) => publishing(queue, `p${n}`));
    const refusals = () => publishers.reduce((sum, { refused }) => sum + refused(), 0);
    const confirmed = () => publishers.flatMap((each) => each.confirmed);
    for (let round = 1; round <= 2; round++) {
      const before = confirmed().length;
      await until(() => confirmed().length > before + 200);
      await kafka.kill();
      const already = refusals();
      await until(() => refusals() > already + publishers.length);
      await until(() => isUnavailable(queue.stats()));
      await kafka.start();
    }
    const before = confirmed().length;
    await until(() => confirmed().length > before + 200);
    await Promise.all(publishers.map(({ stop }) => stop()));
    const missing = () => {
      const got = new Set(consumption.ids);
      return confirmed().filter((id) => !got.has(id));
    };
    await until(() => missing().length === 0, 20_000);
    await until(async () => (await queue.stats()).unsettledMessages === 0);
    await consumption.stop();
    expect(Math.max(...publishers.map(({ slowest }) => slowest.ms))).toBeLessThan(TIMEOUT_MS + 1_000);
  }, 90_000);

  it('goes on with work in hand through a restart of the broker, and does not begin it again', async () => {
    let finish: () => void = () => undefined;
    const finished = new Promise<void>((resolve) => (finish = resolve));
    const signals: AbortSignal[] = [];
    const consumption = new Consumption(queue, async (each, signal) => {
      if (each.id === 'slow') signals.push(signal);
      if (each.id === 'slow') await finished;
      return DONE;
    });
    await queue.publish([message('slow'), message('quick')]);
    await consumption.reached(2);
    await kafka.kill();
    await kafka.start();
    await until(() =>
      queue.publish([message('later')]).then(
        () => true,
        () => false,
      ),
    );
    await until(() => consumption.ids.includes('later'), 30_000);
    finish();
    await until(async () => (await queue.stats().catch(() => undefined))?.unsettledMessages === 0);
    await consumption.stop();
    expect(signals.map(({ reason }) => String(reason))).toEqual(['undefined']);
    expect(consumption.ids.filter((id) => id === 'slow')).toHaveLength(1);
  }, 60_000);

  it('says within its time that a broker that stands still does not answer, and uses it again when it does', async () => {
    const consumption = new Consumption(queue);
    await queue.publish([message('before')]);
    await consumption.reached(1);
    kafka.freeze();
    const beganAt = performance.now();
    await expect(queue.publish([message('during')])).rejects.toThrow(QueueUnavailable);
    expect(performance.now() - beganAt).toBeLessThan(TIMEOUT_MS + 500);
    await until(() =>
      queue.stats().then(
        () => false,
        () => true,
      ),
    );
    kafka.resume();
    await until(() =>
      queue.publish([message('after')]).then(
        () => true,
        () => false,
      ),
    );
    await until(() => consumption.ids.includes('after'), 30_000);
    await consumption.stop();
  }, 60_000);

  it('closes in time while the broker is away', async () => {
    const consumption = new Consumption(queue);
    await queue.publish([message('a')]);
    await consumption.reached(1);
    await kafka.kill();
    const beganAt = performance.now();
    await queue.close();
    await consumption.ended;
    expect(performance.now() - beganAt).toBeLessThan(15_000);
  }, 60_000);
});
