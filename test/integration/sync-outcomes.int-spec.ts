import { setTimeout as sleep } from 'node:timers/promises';
import { Kafka, logLevel, type Consumer, type KafkaMessage } from 'kafkajs';
import { MemoryEventStore } from '../../src/event-store/memory/memory-event-store.js';
import { SystemClock } from '../../src/kernel/clock.js';
import { timeOrderedId } from '../../src/kernel/ids.js';
import { silentLog } from '../../src/kernel/log.js';
import { OutcomeCheckpoint } from '../../src/messaging/outcomes/outcome-checkpoint.js';
import { OutcomeFeed } from '../../src/messaging/outcomes/outcome-feed.js';
import { KafkaOutcomePublisher } from '../../src/queue/kafka-outcomes/kafka-outcome-publisher.js';
import { QueueUnavailable } from '../../src/queue/queue.port.js';
import { describeKafka } from '../support/kafka/describe-kafka.js';
import { startKafka } from '../support/kafka/index.js';
import { readSyncOutcome } from '../support/public-messages.js';
import { until } from '../support/until.js';

const clock = new SystemClock();
const metadata = { correlationId: 'c', actor: 'test', schemaVersion: 1 };
const PARTITIONS = 3;
const TASKS = ['task-a', 'task-b', 'task-c', 'task-d', 'task-e'];

async function settleEvent(store: MemoryEventStore, id: string, syncTaskId: string): Promise<void> {
  const at = clock.now().toISOString();
  const outcomes = [{ key: `${id}.txt`, outcome: 'synced', size: 3, proof: 'md5' }];
  await store.append(`syncEvent-${id}`, 'no-stream', [
    { id: timeOrderedId(), type: 'SyncEventCreated', data: { syncTaskId, keys: [`${id}.txt`], at }, metadata },
    { id: timeOrderedId(), type: 'SyncEventSettled', data: { syncTaskId, outcomes, at }, metadata },
  ]);
}

/** Everything a topic holds, as another program reads it. */
class Reader {
  readonly records: (KafkaMessage & { readonly partition: number })[] = [];
  private readonly consumer: Consumer;

  constructor(client: Kafka) {
    this.consumer = client.consumer({ groupId: `reader-${timeOrderedId()}` });
  }

  async follow(topic: string): Promise<this> {
    await this.consumer.connect();
    await this.consumer.subscribe({ topic, fromBeginning: true });
    await this.consumer.run({
      eachMessage: ({ partition, message }) => {
        this.records.push({ ...message, partition });
        return Promise.resolve();
      },
    });
    return this;
  }

  /** Sync event ids of a task as they first came, repeats left out. */
  idsOf(task: string): string[] {
    const ofTask = this.records.filter(({ key }) => key?.toString() === task);
    return [...new Set(ofTask.map(({ headers }) => String(headers?.['sync-event-id'])))];
  }

  get distinct(): number {
    return TASKS.reduce((sum, task) => sum + this.idsOf(task).length, 0);
  }

  stop(): Promise<void> {
    return this.consumer.disconnect();
  }
}

describeKafka('outcomes on a broker', await startKafka({ own: true }), (kafka) => {
  const client = new Kafka({ brokers: [kafka.address], logLevel: logLevel.NOTHING });
  const admin = client.admin();
  const connection = { brokers: [kafka.address], clientId: 'test', partitions: PARTITIONS, replicationFactor: -1 };
  const ends: (() => Promise<void> | void)[] = [];
  const publisherTo = (topic: string, timeoutMs = 20_000) => {
    const publisher = new KafkaOutcomePublisher({ ...connection, topic, timeoutMs });
    ends.push(() => publisher.close());
    return publisher;
  };
  const readerOf = async (topic: string) => {
    const reader = new Reader(client);
    ends.push(() => reader.stop());
    return reader.follow(topic);
  };
  /** Keeps the feed going as a lease does: when it fails it is run again. */
  const keepRunning = async (store: MemoryEventStore, topic: string, format: 'protobuf' | 'json') => {
    const stop = new AbortController();
    const checkpoint = () => new OutcomeCheckpoint(store, clock);
    const publisher = publisherTo(topic, 3000);
    let failures = 0;
    const run = async () => {
      while (!stop.signal.aborted) {
        const feed = new OutcomeFeed(store, checkpoint(), publisher, () => Promise.resolve('p'), silentLog, { format });
        await feed.run(stop.signal).catch(() => failures++);
        await sleep(100);
      }
    };
    const running = run();
    ends.push(async () => {
      stop.abort();
      await running;
    });
    await until(async () => (await checkpoint().load()) !== 'never');
    return { failures: () => failures };
  };

  beforeAll(() => admin.connect());
  afterAll(() => admin.disconnect());
  afterEach(async () => {
    for (const end of ends.splice(0).reverse()) await end();
  });

  it.each(['protobuf', 'json'] as const)('are read by others in the order of each task, as %s', async (format) => {
    const [store, topic] = [new MemoryEventStore(), `outcomes-${format}`];
    await keepRunning(store, topic, format);
    const ids = Array.from({ length: 500 }, (_, index) => `event-${index}`);
    for (const [index, id] of ids.entries()) await settleEvent(store, id, TASKS[index % TASKS.length]!);
    await until(async () => (await admin.listTopics()).includes(topic));
    const reader = await readerOf(topic);
    await until(() => reader.records.length >= ids.length);
    for (const [index, task] of TASKS.entries())
      expect(reader.idsOf(task)).toEqual(ids.filter((_id, at) => at % TASKS.length === index));
    expect(reader.records).toHaveLength(ids.length);
    expect(new Set(reader.records.map(({ partition }) => partition)).size).toBeGreaterThan(1);
    const first = reader.records.find(({ headers }) => String(headers?.['sync-event-id']) === 'event-0');
    expect(readSyncOutcome(first!.value!, format)).toMatchObject({
      sync_event_id: 'event-0',
      sync_task_id: 'task-a',
      project_id: 'p',
      outcomes: [{ object_key: 'event-0.txt', result: 'OBJECT_RESULT_SYNCED', size_bytes: '3' }],
    });
  });

  it('arrive all, in order but for repeats, though the broker dies twice', async () => {
    const [store, topic] = [new MemoryEventStore(), 'outcomes-deaths'];
    const { failures } = await keepRunning(store, topic, 'protobuf');
    const ids = Array.from({ length: 6000 }, (_, index) => `event-${index}`);
    const settling = (async () => {
      for (const [index, id] of ids.entries()) {
        await settleEvent(store, id, TASKS[index % TASKS.length]!);
        if (index % 10 === 0) await sleep(5);
      }
    })();
    for (let death = 0; death < 2; death++) {
      await sleep(800);
      await kafka.kill();
      await sleep(4000); // longer than a publish may take
      await kafka.start();
    }
    await settling;
    const reader = await readerOf(topic);
    await until(() => reader.distinct === ids.length, 60_000);
    for (const [index, task] of TASKS.entries())
      expect(reader.idsOf(task)).toEqual(ids.filter((_id, at) => at % TASKS.length === index));
    expect(failures()).toBeGreaterThan(0);
  }, 120_000);

  it('are refused in time when the broker does not answer, and the wait ends with the signal', async () => {
    const record = { key: 'task-a', headers: {}, value: Buffer.from('x') };
    const publisher = publisherTo('outcomes-frozen', 2000);
    await publisher.publish([record], AbortSignal.timeout(20_000));
    kafka.freeze();
    try {
      const started = performance.now();
      await expect(publisher.publish([record], new AbortController().signal)).rejects.toThrow(QueueUnavailable);
      expect(performance.now() - started).toBeLessThan(4000);
      const stop = new AbortController();
      const waiting = publisher.publish([record], stop.signal);
      stop.abort(new Error('stopped by the test'));
      await expect(waiting).rejects.toThrow('stopped by the test');
    } finally {
      kafka.resume();
    }
    await until(() =>
      publisher
        .publish([record], AbortSignal.timeout(5000))
        .then(() => true)
        .catch(() => false),
    );
  });

  it('fit into a topic that takes less than a group', async () => {
    const topic = 'outcomes-small';
    const configEntries = [{ name: 'max.message.bytes', value: '20000' }];
    await admin.createTopics({ topics: [{ topic, numPartitions: 1, configEntries }] });
    const records = Array.from({ length: 40 }, (_, index) => ({
      key: 'task-a',
      headers: { 'sync-event-id': String(index) },
      value: Buffer.alloc(4000, index),
    }));
    await publisherTo(topic).publish(records, AbortSignal.timeout(20_000));
    const reader = await readerOf(topic);
    await until(() => reader.records.length >= records.length);
    expect(reader.idsOf('task-a')).toEqual(records.map((_record, index) => String(index)));
  });
});
