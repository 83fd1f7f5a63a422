import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { MessageMoved, type DeliveredMessage, type Handled, type Queue } from '../../src/queue/queue.port.js';
import { Consumption, DONE, Gate, message } from '../contracts/queue-support.js';
import { describeKafka } from '../support/kafka/describe-kafka.js';
import { startKafka } from '../support/kafka/index.js';
import { newPlace, openKafkaQueue } from '../support/kafka/open-queue.js';
import { until } from '../support/until.js';

const PARTITIONS = 4;
const SESSION_MS = 1_500;
const settings = { partitions: PARTITIONS, sessionTimeoutMs: SESSION_MS };

/** So many messages for every partition. */
function forEachPartition(queue: Queue, count: number) {
  const found = Array.from({ length: PARTITIONS }, () => 0);
  const messages = [];
  for (let n = 0; messages.length < count * PARTITIONS; n++) {
    const partition = queue.partitionOf(`key-${n}`);
    if ((found[partition] ?? 0) >= count) continue;
    found[partition] = (found[partition] ?? 0) + 1;
    messages.push(message(`p${partition}-${n}`, { key: `key-${n}` }));
  }
  return messages;
}

/** A handler that ends when the gate opens or its signal aborts, and remembers why. */
function patient(gate: Gate) {
  const moved: DeliveredMessage[] = [];
  const handle = (each: DeliveredMessage, signal: AbortSignal): Promise<Handled> =>
    new Promise((resolve, reject) => {
      void gate.opened.then(() => resolve(DONE));
      signal.addEventListener('abort', () => {
        if (signal.reason instanceof MessageMoved) moved.push(each);
        reject(signal.reason as Error);
      });
    });
  return { handle, moved };
}

const settled = (queue: Queue) => until(async () => (await queue.stats()).unsettledMessages === 0, 20_000);
const partitionsOf = (messages: readonly DeliveredMessage[]) => new Set(messages.map(({ partition }) => partition));

describeKafka('the Kafka queue shared by several consumers', await startKafka(), ({ address }) => {
  let open: Queue[];
  let place: string;
  const openOne = async () => {
    const queue = await openKafkaQueue(address, place, settings);
    open.push(queue);
    return queue;
  };
  beforeEach(() => {
    open = [];
    place = newPlace();
  });
  afterEach(() => Promise.all(open.map((queue) => queue.close())));

  it('hands partitions over to one that joins, tells the handlers, and begins nothing again of what was kept', async () => {
    const [one, other] = [await openOne(), await openOne()];
    const gate = new Gate();
    const { handle, moved } = patient(gate);
    await one.publish(forEachPartition(one, 5));
    const first = new Consumption(one, handle, 64);
    await first.reached(20);
    const second = new Consumption(other, () => gate.opened.then(() => DONE), 64);
    await second.reached(10);
    await until(() => moved.length === 10);
    expect(partitionsOf(moved)).toEqual(partitionsOf(second.delivered));
    await sleep(SESSION_MS); // time for repeats, if there were any
    gate.open();
    await settled(one);
    await Promise.all([first.stop(), second.stop()]);
    expect(first.delivered).toHaveLength(20);
    expect(new Set(second.ids)).toEqual(new Set(moved.map(({ id }) => id)));
    expect(second.delivered).toHaveLength(10);
  }, 30_000);

  it('loses nothing while consumers come and go under load, and settles everything', async () => {
    const [one, two, three] = [await openOne(), await openOne(), await openOne()];
    const quick = () => sleep(2, DONE);
    const all = Array.from({ length: 6_000 }, (_, n) => message(`m${n}`, { key: `k${n % 97}` }));
    const publishing = (async () => {
      for (let at = 0; at < all.length; at += 50) {
        await one.publish(all.slice(at, at + 50));
        await sleep(20);
      }
    })();
    const steady = new Consumption(one, quick, 16);
    const got: string[] = [];
    for (const queue of [two, three, two]) {
      const guest = new Consumption(queue, quick, 16);
      await guest.reached(100);
      await guest.stop();
      got.push(...guest.ids);
    }
    await publishing;
    await settled(one);
    await steady.stop();
    expect(new Set([...steady.ids, ...got])).toEqual(new Set(all.map(({ id }) => id)));
  }, 60_000);

  it('gives the partitions of a process that is killed to another one within seconds', async () => {
    const queue = await openOne();
    await queue.publish(forEachPartition(queue, 5));
    const child = new URL('../support/kafka/consumer-child.ts', import.meta.url).pathname;
    const args = ['--import', 'tsx', child, address, place, String(PARTITIONS)];
    const killed = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    const exited = once(killed, 'exit');
    await once(createInterface({ input: killed.stdout }), 'line');
    killed.kill('SIGKILL');
    await exited;
    const killedAt = performance.now();
    const consumption = new Consumption(queue);
    await consumption.reached(20);
    expect(performance.now() - killedAt).toBeLessThan(SESSION_MS + 5_000);
    await settled(queue);
    await consumption.stop();
  }, 30_000);

  it('keeps the partitions of a consumer whose handlers take longer than a session, and does not deliver again', async () => {
    const queue = await openOne();
    await queue.publish(forEachPartition(queue, 10));
    const gate = new Gate();
    const { handle, moved } = patient(gate);
    const consumption = new Consumption(queue, handle, 8);
    await consumption.reached(8);
    await sleep(3 * SESSION_MS);
    expect(consumption.delivered).toHaveLength(8);
    gate.open();
    await settled(queue);
    await consumption.stop();
    expect(consumption.delivered).toHaveLength(40);
    expect(moved).toEqual([]);
  }, 30_000);

  it('goes on with the other partitions while one is held up, without filling its memory', async () => {
    const queue = await openOne();
    const gate = new Gate();
    const body = Buffer.alloc(100 * 1024);
    const held = forEachPartition(queue, 1)[0]!;
    await queue.publish([held]);
    const consumption = new Consumption(queue, ({ id }) => (id === held.id ? gate.opened.then(() => DONE) : DONE), 2);
    await consumption.reached(1);
    const inPartition = (own: boolean) => (each: { key: string }) =>
      (queue.partitionOf(each.key) === queue.partitionOf(held.key)) === own;
    const others = forEachPartition(queue, 200).filter(inPartition(false));
    const behind = forEachPartition(queue, 200).filter((each) => inPartition(true)(each) && each.id !== held.id);
    for (const each of [...behind, ...others]) await queue.publish([{ ...each, body }]);
    await until(() => consumption.delivered.filter(inPartition(false)).length === others.length);
    expect(consumption.delivered.filter(inPartition(true)).length).toBeLessThanOrEqual(32);
    gate.open();
    await settled(queue);
    await consumption.stop();
  }, 60_000);
});
