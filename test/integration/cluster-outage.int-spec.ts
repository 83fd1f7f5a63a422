import { randomBytes } from 'node:crypto';
import { ClusterStage } from '../support/cluster/cluster-stage.js';
import { ForeignProducer } from '../support/cluster/producers.js';
import { until } from '../support/until.js';

const { sourceBucket: FROM, destinationBucket: TO } = ClusterStage;
/** What a caller of the webhook has to wait at most while an engine is away; the configured deadline and some slack. */
const DEADLINE_MS = 5000;
const REQUEST_TIMEOUT_MS = 2000;
const MIB = 1024 ** 2;

interface Answer {
  readonly status: number;
  readonly tookMs: number;
  readonly code: string | undefined;
}

let stage: ClusterStage;
let taskId: string;
let accepted = 0;

const seed = (key: string) => stage.source.seed(FROM, key, `content of ${key}`);
const isReady = async (name: string): Promise<boolean> =>
  (await fetch(`${stage.process(name).url}/health/ready`)).status === 200;
const whyNotReady = async (name: string): Promise<string> =>
  await (await fetch(`${stage.process(name).url}/health/ready`)).text();

async function post(key: string): Promise<Answer> {
  const startedAt = performance.now();
  const body = { object_keys: [key] };
  const answer = await stage.api('api').tasks<{ error_code?: string } | undefined>('POST', `/${taskId}/events`, body);
  if (answer.status === 200) accepted++;
  return { status: answer.status, tookMs: performance.now() - startedAt, code: answer.body?.error_code };
}

/** Everything that was answered with 200 so far is settled and right. */
async function nothingIsLost(): Promise<void> {
  const ledger = await stage.api('api').settled(taskId, accepted, 60_000);
  expect(ledger).toMatchObject({ requested: { objects: accepted }, failed: { objects: 0 }, balanced: true });
}

beforeAll(async () => {
  stage = await ClusterStage.build({
    broker: { settings: { 'message.max.bytes': String(8 * MIB) } },
    config: { kafka: { requestTimeoutMs: REQUEST_TIMEOUT_MS } },
  });
  await Promise.all([stage.start('api', 'api'), stage.start('worker', 'worker')]);
  taskId = await stage.createTask(stage.api('api'));
}, 120_000);

afterAll(() => stage.strike(), 60_000);

describe('while the broker is down', () => {
  it('the webhook answers 503 in time and readiness fails; afterwards all goes on and nothing is lost', async () => {
    for (const key of ['a', 'b', 'c', 'd']) await seed(key);
    expect((await post('a')).status).toBe(200);
    await nothingIsLost();
    await stage.engines.kafka.kill();
    for (const key of ['b', 'c']) {
      const answer = await post(key);
      expect(answer).toMatchObject({ status: 503, code: 'OMS.2004' });
      expect(answer.tookMs).toBeLessThan(DEADLINE_MS);
    }
    await until(async () => !(await isReady('api')) && !(await isReady('worker')), 20_000);
    expect(await whyNotReady('api')).toContain('queue');

    await stage.engines.kafka.start();
    await until(async () => (await post('d')).status === 200, 60_000);
    await until(async () => (await isReady('api')) && (await isReady('worker')), 60_000);
    await nothingIsLost();
    expect(stage.destination.object(TO, 'd')).toBeDefined();
  }, 180_000);
});

describe('while the event store is down', () => {
  it('the webhook answers 503 in time and readiness fails; afterwards all goes on and nothing is lost', async () => {
    for (const key of ['e', 'f', 'g']) await seed(key);
    expect((await post('e')).status).toBe(200);
    await stage.engines.eventStore.refuseConnections();
    await until(async () => (await post('f')).status === 503, 30_000);
    const answer = await post('f');
    expect(answer).toMatchObject({ status: 503, code: 'OMS.2004' });
    expect(answer.tookMs).toBeLessThan(DEADLINE_MS);
    await until(async () => !(await isReady('api')) && !(await isReady('worker')), 20_000);
    expect(await whyNotReady('api')).toContain('event-store');
    await expect(stage.createTask(stage.api('api'))).rejects.toThrow(/503.*OMS\.2004/);

    await stage.engines.eventStore.acceptConnections();
    await until(async () => (await post('g')).status === 200, 60_000);
    await until(async () => (await isReady('api')) && (await isReady('worker')), 60_000);
    await nothingIsLost();
    expect(stage.destination.object(TO, 'g')).toBeDefined();
  }, 180_000);
});

describe('messages that can never be handled', () => {
  it('reach the dead-letter topic with a reason, and the partition goes on', async () => {
    const producer = await ForeignProducer.connect(stage.engines.kafka.address, stage.engines.topic);
    const json = (value: object) => ({
      value: JSON.stringify(value),
      headers: { 'content-type': 'application/json' },
      partition: 0,
    });
    const before = await deadLetters();
    await producer.send({ value: randomBytes(300), partition: 0 });
    await producer.send({ value: null, partition: 0 });
    await producer.send({
      value: randomBytes(200),
      headers: { 'content-type': 'application/x-protobuf' },
      partition: 0,
    });
    await producer.send({ value: randomBytes(5 * MIB), partition: 0 });
    await producer.send({ value: 'x', headers: { 'content-type': 'text/plain' }, partition: 0 });
    await producer.send(json({ sync_task_id: taskId, object_keys: 'no list' }));
    await producer.send(json({ sync_task_id: 'nobody', object_keys: ['a'] }));
    await seed('after');
    await producer.json(taskId)({ id: 'after-poison', key: 'after' });
    accepted++;
    await nothingIsLost();
    await until(async () => (await deadLetters()).length >= before.length + 7, 30_000);
    const reasons = (await deadLetters()).slice(before.length).map(({ reason }) => reason);
    expect(reasons.filter((reason) => reason === 'not-decodable')).toHaveLength(6);
    expect(reasons.filter((reason) => reason === 'unknown-task')).toHaveLength(1);
    await producer.close();
  }, 120_000);
});

async function deadLetters(): Promise<readonly { readonly reason: string; readonly cause: string }[]> {
  const path = '/v2/stage/sync-events/dead-letters?limit=100';
  const answer = await stage.api('api').call<{ dead_letters: { reason: string; cause: string }[] }>('GET', path);
  return answer.body.dead_letters;
}
