import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Kafka, logLevel, Partitioners, type Admin, type Message, type Producer } from 'kafkajs';
import type { Handled, Queue } from '../../src/queue/queue.port.js';
import type { KafkaQueueOptions } from '../../src/queue/kafka/kafka-queue-options.js';
import { isUuid } from '../../src/kernel/ids.js';
import { Consumption, DONE, message, messages } from '../contracts/queue-support.js';
import { describeKafka } from '../support/kafka/describe-kafka.js';
import { startKafka } from '../support/kafka/index.js';
import { newPlace, openKafkaQueue } from '../support/kafka/open-queue.js';
import { until } from '../support/until.js';

const MIB = 1024 * 1024;
const REFUSED: Handled = { kind: 'dead', reason: 'not-decodable', cause: 'no JSON' };

describeKafka('the Kafka queue beside other clients', await startKafka(), ({ address }) => {
  const client = new Kafka({ brokers: [address], logLevel: logLevel.NOTHING });
  const producer: Producer = client.producer({ createPartitioner: Partitioners.DefaultPartitioner });
  const admin: Admin = client.admin();
  let folder: string;
  let place: string;
  let queues: Queue[];
  const open = async (differences: Partial<KafkaQueueOptions> = {}) => {
    const queue = await openKafkaQueue(address, place, { indexFile: path.join(folder, 'letters.db'), ...differences });
    queues.push(queue);
    return queue;
  };
  const closeAll = () => Promise.all(queues.map((queue) => queue.close()));
  const send = (...sent: Message[]) => producer.send({ topic: place, messages: sent });

  beforeAll(() => Promise.all([producer.connect(), admin.connect()]));
  afterAll(() => Promise.all([producer.disconnect(), admin.disconnect()]));
  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'openoms-letters-'));
    place = newPlace();
    queues = [];
  });
  afterEach(async () => {
    await closeAll();
    rmSync(folder, { recursive: true });
  });

  /** Lets the handler refuse everything there is. */
  const refuseAll = async (queue: Queue, count: number) => {
    const consumption = new Consumption(queue, () => REFUSED);
    await until(async () => (await queue.stats()).deadLetters === count);
    await consumption.stop();
  };

  it('delivers whatever others have put into the topic', async () => {
    const queue = await open();
    await send(
      { value: null },
      { key: null, value: 'bare', timestamp: '-1' },
      { key: 'k', value: Buffer.from([0xff, 0, 0xfe]), headers: { binary: Buffer.from([0xff]), many: ['a', 'b'] } },
      { key: 'k', value: '', headers: { 'message-id': 'named', 'message-weight': 'heavy' } },
    );
    await send({ key: 'k', value: Buffer.alloc(5 * MIB, 7) });
    const consumption = new Consumption(queue);
    await consumption.reached(5);
    await consumption.stop();
    const [none, bare, odd, named, large] = consumption.delivered;
    expect(none).toMatchObject({ key: '', weight: 1, headers: {}, body: Buffer.alloc(0) });
    expect(isUuid(none!.id) && isUuid(bare!.id) && none!.id !== bare!.id).toBe(true);
    expect(String(bare!.body)).toBe('bare');
    expect(odd!.headers).toEqual({ binary: '\ufffd', many: 'b' });
    expect(named).toMatchObject({ id: 'named', weight: 1, headers: {} });
    expect(large!.body.length).toBe(5 * MIB);
    expect(await queue.stats()).toMatchObject({ unsettledMessages: 0 });
  });

  it('keeps a refused message of 5 MB whole, puts it back, and the partition goes on meanwhile', async () => {
    const queue = await open();
    const body = Buffer.alloc(5 * MIB, 'openoms ');
    await send({ key: 'k', value: body });
    await refuseAll(queue, 1);
    const [letter] = await queue.deadLetters(1);
    expect(letter).toMatchObject({ reason: 'not-decodable', cause: 'no JSON', key: 'k', partition: 0, offset: 0n });
    expect(letter!.body.equals(body)).toBe(true);
    expect(await queue.redrive(letter!.deadOffset)).toBe(true);
    const consumption = new Consumption(queue);
    await consumption.reached(1);
    await consumption.stop();
    expect(consumption.delivered[0]!.body.equals(body)).toBe(true);
    expect(consumption.ids).toEqual([letter!.id]);
  });

  it('keeps the beginning of a refused message that is too large for the dead letters, and does not put it back', async () => {
    const entries = [{ name: 'max.message.bytes', value: String(MIB) }];
    await admin.createTopics({ topics: [{ topic: `${place}.dead-letter`, numPartitions: 1, configEntries: entries }] });
    const queue = await open();
    await send({ key: 'k', value: Buffer.alloc(3 * MIB, 7) });
    await refuseAll(queue, 1);
    const [letter] = await queue.deadLetters(1);
    expect(letter!.body).toEqual(Buffer.alloc(letter!.body.length, 7));
    expect(letter!.body.length).toBeLessThan(MIB);
    expect(await queue.redrive(letter!.deadOffset)).toBe(false);
  });

  it('puts many letters back one after the other, each once', async () => {
    const queue = await open({ partitions: 4 });
    await queue.publish(messages(20));
    await refuseAll(queue, 20);
    for (const { deadOffset } of await queue.deadLetters(20)) expect(await queue.redrive(deadOffset)).toBe(true);
    expect(await queue.stats()).toMatchObject({ deadLetters: 0, unsettledMessages: 20, unsettledWeight: 20 });
    const consumption = new Consumption(queue);
    await until(async () => (await queue.stats()).unsettledMessages === 0);
    await consumption.stop();
    expect([...consumption.ids].sort()).toEqual(
      messages(20)
        .map(({ id }) => id)
        .sort(),
    );
  });

  it('tells the letters and their ends to the other processes', async () => {
    const one = await open();
    const other = await open({ indexFile: path.join(folder, 'other.db') });
    await one.publish(messages(3));
    await refuseAll(one, 3);
    await until(async () => (await other.stats()).deadLetters === 3);
    expect(await other.deadLetters(5)).toEqual(await one.deadLetters(5));
    const [first] = await other.deadLetters(1);
    expect(await other.redrive(first!.deadOffset)).toBe(true);
    await until(async () => (await one.stats()).deadLetters === 2);
    expect(await one.redrive(first!.deadOffset)).toBe(false);
  });

  it.each(['', 'this is no database, but long enough to be taken for one '.repeat(50)])(
    'fills the index of dead letters again when its file is lost or damaged',
    async (content) => {
      const queue = await open();
      await queue.publish(messages(3));
      await refuseAll(queue, 3);
      const letters = await queue.deadLetters(5);
      await closeAll();
      for (const suffix of ['', '-wal', '-shm']) rmSync(path.join(folder, `letters.db${suffix}`), { force: true });
      if (content !== '') writeFileSync(path.join(folder, 'letters.db'), content);
      expect(await (await open()).deadLetters(5)).toEqual(letters);
    },
  );

  it('sees that the topics were made anew', async () => {
    const before = await open();
    await before.publish(messages(5));
    await refuseAll(before, 5);
    await closeAll();
    await admin.deleteTopics({ topics: [place, `${place}.dead-letter`] });
    const queue = await open();
    expect((await queue.stats()).deadLetters).toBe(0);
    await queue.publish([message('m0', { key: 'k0' })]);
    const consumption = new Consumption(queue, () => DONE);
    await consumption.reached(1);
    await consumption.stop();
    await queue.publish(messages(9));
    await refuseAll(queue, 9);
    expect(await queue.deadLetters(10)).toHaveLength(9);
  });

  it('leaves topics as they are, and says how they differ', async () => {
    await admin.createTopics({ topics: [{ topic: place, numPartitions: 3 }] });
    const said: object[] = [];
    const warn = (details: object) => void said.push(details);
    const queue = await open({ partitions: 6, log: { info: () => undefined, warn, error: warn } });
    expect(said).toMatchObject([{ topic: place, differences: { partitions: { found: 3, configured: 6 } } }]);
    expect((await queue.stats()).partitions).toHaveLength(3);
    const { topics } = await admin.fetchTopicMetadata({ topics: [place] });
    expect(topics[0]?.partitions).toHaveLength(3);
  });
});
