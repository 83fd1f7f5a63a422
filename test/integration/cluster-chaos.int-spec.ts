import { setTimeout as sleep } from 'node:timers/promises';
import { produceUnderChaos } from '../support/cluster/chaos.js';
import { ClusterStage } from '../support/cluster/cluster-stage.js';
import { ForeignProducer, webhookProducer, type Wanted } from '../support/cluster/producers.js';

const { sourceBucket: FROM, destinationBucket: TO } = ClusterStage;
const EVENTS = 20_000;
const KEYS = 4000;
const PARTITIONS = 4;

const keyOf = (index: number): string => `dir ${index % 20}/object+${index}.bin`;
const isMissing = (index: number): boolean => index % 100 === 13;
const changes = (index: number): boolean => index % 20 === 7;
/** The same length before and after a change: only the time and the bytes tell them apart. */
const bodyOf = (index: number, version: number): string => `object ${index}, version ${version}, `.repeat(index % 40);
const indexes = Array.from({ length: KEYS }, (_, index) => index);
const wanted: readonly Wanted[] = Array.from({ length: EVENTS }, (_, n) => ({
  id: `event-${n}`,
  key: keyOf(n % KEYS),
}));

const countsOf = (names: readonly string[]): Map<string, number> => {
  const counts = new Map<string, number>();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  return counts;
};

let stage: ClusterStage;
let producer: ForeignProducer;

beforeAll(async () => {
  stage = await ClusterStage.build({
    partitions: PARTITIONS,
    broker: { own: true },
    config: { log: { level: 'warn' } },
  });
  for (const index of indexes) if (!isMissing(index)) await stage.source.seed(FROM, keyOf(index), bodyOf(index, 1));
  await Promise.all([stage.start('api-1', 'api'), stage.start('api-2', 'api')]);
  await Promise.all([stage.start('worker-1', 'worker'), stage.start('worker-2', 'worker')]);
  producer = await ForeignProducer.connect(stage.engines.kafka.address, stage.engines.topic);
}, 120_000);

afterAll(async () => {
  await producer.close();
  await stage.strike();
}, 60_000);

const replace = async (name: string) => {
  await stage.process(name).kill();
  await sleep(1000);
  await stage.start(name, 'worker');
};

it(`brings ${EVENTS} events of three producers to one outcome each, through kills, restarts, drops and a rebalance`, async () => {
  const taskId = await stage.createTask(stage.api('api-1'));
  const { eventStore, kafka } = stage.engines;
  await produceUnderChaos(
    wanted,
    [
      { produce: webhookProducer([stage.api('api-1'), stage.api('api-2')], taskId), parallel: 8 },
      { produce: producer.json(taskId), parallel: 8 },
      { produce: producer.protobuf(taskId, PARTITIONS), parallel: 8 },
    ],
    [
      { at: 0.1, what: 'kill -9 of a worker', happen: () => replace('worker-1') },
      { at: 0.25, what: 'the event store drops its connections', happen: () => eventStore.dropConnections() },
      {
        at: 0.4,
        what: 'kill -9 of the broker and its start',
        happen: async () => {
          await kafka.kill();
          await sleep(1500);
          await kafka.start();
        },
      },
      {
        at: 0.5,
        what: 'sources change',
        happen: async () => {
          for (const index of indexes)
            if (changes(index) && !isMissing(index)) await stage.source.seed(FROM, keyOf(index), bodyOf(index, 2));
        },
      },
      { at: 0.6, what: 'kill -9 of the other worker', happen: () => replace('worker-2') },
      { at: 0.7, what: 'the event store drops its connections again', happen: () => eventStore.dropConnections() },
      { at: 0.8, what: 'a third worker joins', happen: () => stage.start('worker-3', 'worker') },
    ],
  );
  const ledger = await stage.api('api-2').settled(taskId, EVENTS, 240_000);
  const missing = indexes.filter(isMissing).length;
  expect(ledger).toMatchObject({
    requested: { objects: EVENTS },
    failed: { objects: (missing * EVENTS) / KEYS },
    pending: { objects: 0 },
    balanced: true,
  });
  expect(await stage.api('api-1').settled(taskId, EVENTS)).toEqual(ledger);

  const stale: string[] = [];
  for (const index of indexes) {
    const copy = (await stage.destination.object(TO, keyOf(index))?.content())?.toString();
    const newest = isMissing(index) ? undefined : bodyOf(index, changes(index) ? 2 : 1);
    if (copy !== newest) stale.push(keyOf(index));
  }
  expect(stale).toEqual([]);

  const outcomes = async () => [
    ...(await stage.lines(taskId, 'success_object_lists')).map((line) => line.split('\t')[1] ?? ''),
    ...(await stage.lines(taskId, 'skip_object_lists')).map((line) => line.split('\t')[1] ?? ''),
    ...(await stage.lines(taskId, 'failed_object_lists')).map((line) => line.split('\t')[2] ?? ''),
  ];
  const giveUpAt = Date.now() + 60_000;
  let listed = await outcomes();
  while (listed.length < EVENTS && Date.now() < giveUpAt) {
    await sleep(500);
    listed = await outcomes();
  }
  const expected = new Map(indexes.map((index) => [keyOf(index), EVENTS / KEYS]));
  expect(countsOf(listed)).toEqual(expected);
  const requested = (await stage.lines(taskId, 'object_lists')).map((line) => decodeURIComponent(line));
  expect(countsOf(requested)).toEqual(expected);
}, 540_000);
