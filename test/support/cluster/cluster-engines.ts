import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { Kafka, logLevel } from 'kafkajs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { EventStoreDBEventStore } from '../../../src/event-store/eventstoredb/eventstoredb-event-store.js';
import { KafkaQueue } from '../../../src/queue/kafka/kafka-queue.js';
import type { QueueMessage } from '../../../src/queue/queue.port.js';
import { until } from '../until.js';
import type { Logged, StageEngines } from '../stage-engines.js';
import { EventStoreDBProcess } from '../eventstoredb/index.js';
import { startKafka, type KafkaOptions, type RunningKafka } from '../kafka/index.js';

/** An event store of its own, and on a real broker a topic and a group of its own: nothing of another test is seen. */
export class ClusterEngines implements StageEngines {
  /** Sections of the configuration of every process. */
  readonly config: Readonly<Record<string, object>>;
  readonly topic: string;
  readonly groupId: string;
  /** Variables of every process. */
  readonly env = { OPENOMS_MASTER_KEY: randomBytes(32).toString('base64') };

  private constructor(
    readonly eventStore: EventStoreDBProcess,
    readonly kafka: RunningKafka,
    partitions: number,
  ) {
    const unique = randomBytes(6).toString('hex');
    this.topic = `test.${unique}.sync-events`;
    this.groupId = `test-${unique}`;
    this.config = {
      eventStore: { url: eventStore.connectionString },
      kafka: {
        brokers: [kafka.address],
        groupId: this.groupId,
        topic: this.topic,
        partitions,
        sessionTimeoutMs: 6000,
        outcomes: { topic: `test.${unique}.sync-outcomes` },
      },
      cluster: { leaseTtlMs: 3000 },
    };
  }

  /** Throws when there is no broker. `own`: one that the test may kill. */
  static async start(partitions: number, broker: KafkaOptions = {}): Promise<ClusterEngines> {
    const kafka = await startKafka(broker);
    if ('missing' in kafka) throw new Error(kafka.missing);
    return new ClusterEngines(await EventStoreDBProcess.start(), kafka, partitions);
  }

  /** Resolves when the consumer group has so many members and has shared out the partitions among them. */
  async groupOf(members: number): Promise<void> {
    const admin = new Kafka({
      clientId: 'onlooker',
      brokers: [this.kafka.address],
      logLevel: logLevel.NOTHING,
    }).admin();
    await admin.connect();
    try {
      await until(async () => {
        const [group] = (await admin.describeGroups([this.groupId])).groups;
        return group?.state === 'Stable' && group.members.length === members;
      }, 60_000);
    } finally {
      await admin.disconnect();
    }
  }

  async publish(messages: readonly QueueMessage[]): Promise<void> {
    const folder = mkdtempSync(path.join(tmpdir(), 'openoms-foreign-'));
    const queue = await KafkaQueue.open({
      brokers: [this.kafka.address],
      clientId: 'foreign',
      groupId: this.topic,
      topic: this.topic,
      maxUnsettledWeight: 100_000,
      indexFile: path.join(folder, 'dead-letters.db'),
    });
    await queue.publish(messages);
    await queue.close();
    rmSync(folder, { recursive: true });
  }

  /** Without the leases: they are renewed whatever happens. */
  async logged(): Promise<Logged> {
    const store = await EventStoreDBEventStore.open({ url: this.eventStore.connectionString });
    let [events, head] = [0, ''];
    for await (const event of store.readAll(undefined, ['sync', 'credential-'])) {
      events++;
      head = String(event.position);
    }
    await store.close();
    return { events, head };
  }

  async stop(): Promise<void> {
    await this.eventStore.stop();
    await this.kafka.stop();
  }
}
