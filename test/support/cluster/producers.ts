import { create, toBinary } from '@bufbuild/protobuf';
import { Kafka, logLevel, type Producer } from 'kafkajs';
import { setTimeout as sleep } from 'node:timers/promises';
import { SyncEventSchema } from '../../../src/wire/generated/openoms/v1/sync_event_pb.js';
import type { ApiClient } from '../api-client.js';

/** One request to synchronize one key, as a caller would make it again and again until it is accepted. */
export interface Wanted {
  readonly id: string;
  readonly key: string;
}

/** Gets one request accepted, whatever it takes; rejects when the patience is over. */
export type Produce = (wanted: Wanted) => Promise<void>;

const PATIENCE_MS = 120_000;

async function again(attempt: () => Promise<boolean>, what: string): Promise<void> {
  const giveUpAt = Date.now() + PATIENCE_MS;
  while (!(await attempt())) {
    if (Date.now() > giveUpAt) throw new Error(`${what} was not accepted within ${PATIENCE_MS} ms`);
    await sleep(100);
  }
}

/** Calls the webhook of one process after another, under an idempotency key of its own for each request. */
export function webhookProducer(apis: readonly ApiClient[], taskId: string): Produce {
  let turn = 0;
  return ({ id, key }) =>
    again(async () => {
      const api = apis[turn++ % apis.length];
      const body = { object_keys: [encodeURIComponent(key)] };
      const answer = await api
        ?.tasks('POST', `/${taskId}/events`, body, { 'idempotency-key': id })
        .catch(() => undefined);
      if (answer !== undefined && answer.status !== 200 && answer.status !== 503)
        throw new Error(`An event was answered with ${answer.status}: ${JSON.stringify(answer.body)}`);
      return answer?.status === 200;
    }, `Request ${id}`);
}

/** A foreign program on the broker. */
export class ForeignProducer {
  private constructor(
    private readonly producer: Producer,
    private readonly topic: string,
  ) {}

  static async connect(broker: string, topic: string): Promise<ForeignProducer> {
    const retry = { initialRetryTime: 100, maxRetryTime: 1000, retries: 8 };
    const kafka = new Kafka({ clientId: 'foreign', brokers: [broker], logLevel: logLevel.NOTHING, retry });
    const producer = kafka.producer();
    await producer.connect();
    return new ForeignProducer(producer, topic);
  }

  /** JSON under the key that the documentation asks for. */
  json(taskId: string): Produce {
    return ({ id, key }) => {
      const body = { sync_event_id: id, sync_task_id: taskId, object_keys: [encodeURIComponent(key)] };
      const value = JSON.stringify(body);
      return this.send({ key: `${taskId}/${key}`, value, headers: { 'content-type': 'application/json' } });
    };
  }

  /** Many one-key events in one request. */
  async jsonBatch(taskId: string, keys: readonly string[]): Promise<void> {
    const messages = keys.map((key) => ({
      key: `${taskId}/${key}`,
      value: JSON.stringify({ sync_task_id: taskId, object_keys: [encodeURIComponent(key)] }),
      headers: { 'content-type': 'application/json' },
    }));
    await this.producer.send({ topic: this.topic, acks: -1, messages });
  }

  /** Protobuf on any partition, as producers do that know nothing of keys. */
  protobuf(taskId: string, partitions: number): Produce {
    let turn = 0;
    return ({ id, key }) => {
      const message = create(SyncEventSchema, {
        syncEventId: id,
        syncTaskId: taskId,
        objectKeys: [encodeURIComponent(key)],
      });
      const value = Buffer.from(toBinary(SyncEventSchema, message));
      const headers = { 'content-type': 'application/x-protobuf' };
      return this.send({ value, headers, partition: turn++ % partitions });
    };
  }

  /** Whatever bytes; resolves when the broker has them. */
  send(message: {
    readonly key?: string | null;
    readonly value: string | Buffer | null;
    readonly headers?: Record<string, string>;
    readonly partition?: number;
  }): Promise<void> {
    return again(
      () =>
        this.producer.send({ topic: this.topic, acks: -1, messages: [{ ...message }] }).then(
          () => true,
          () => false,
        ),
      'A message',
    );
  }

  close(): Promise<void> {
    return this.producer.disconnect();
  }
}
