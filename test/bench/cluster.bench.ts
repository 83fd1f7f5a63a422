import { randomBytes } from 'node:crypto';
import type { LedgerAnswer } from '../support/api-client.js';
import { ClusterStage } from '../support/cluster/cluster-stage.js';
import { ForeignProducer } from '../support/cluster/producers.js';
import type { BenchResult } from './bench-result.js';

const PARTITIONS = 4;
const OBJECT_BYTES = 4096;
const BATCH = 500;

interface Scenario {
  readonly what: string;
  readonly objects: number;
  readonly config: Readonly<Record<string, object>>;
  /** How long the source takes to begin an object, in milliseconds. */
  readonly sourceDelayMs: number;
}

const SCENARIOS: readonly Scenario[] = [
  { what: 'as fast as this machine can', objects: 6000, config: {}, sourceDelayMs: 0 },
  {
    what: 'a source that takes 200 ms an object, 16 events at once in each worker',
    objects: 1200,
    config: { queue: { maxInFlight: 16 } },
    sourceDelayMs: 200,
  },
];

/**
 * The sync path of a cluster on a topic of four partitions, with one worker and with two. All of it shares this machine: both
 * engines, both endpoints and the processes of the service. So the first scenario is bound by its cores, whoever uses them; the
 * second one, bound by waiting, shows how workers share the partitions.
 */
export async function benchCluster(): Promise<readonly BenchResult[]> {
  const results: BenchResult[] = [];
  for (const scenario of SCENARIOS) {
    const one = await throughput(scenario, 1);
    const two = await throughput(scenario, 2);
    results.push({
      name: `sync path of a cluster, one-key events of 4 KiB on ${PARTITIONS} partitions: ${scenario.what}`,
      figures: {
        'objects/s with one worker': Math.round(one),
        'objects/s with two workers': Math.round(two),
        'two to one': (two / one).toFixed(2),
      },
    });
  }
  return results;
}

/** Objects per second, the first tenth left out: the topic is still being filled then. */
async function throughput({ objects, config, sourceDelayMs }: Scenario, workers: number): Promise<number> {
  const stage = await ClusterStage.build({ partitions: PARTITIONS, config: { log: { level: 'warn' }, ...config } });
  try {
    const keys = Array.from({ length: objects }, (_, index) => `folder/object-${index}.bin`);
    const body = randomBytes(OBJECT_BYTES);
    for (const key of keys) await stage.source.seed(ClusterStage.sourceBucket, key, body);
    const slow = { kind: 'drip', bytes: OBJECT_BYTES, everyMs: sourceDelayMs } as const;
    if (sourceDelayMs > 0) stage.source.faults.always({ operation: 'GetObject' }, slow);
    await stage.start('api', 'api');
    const taskId = await stage.createTask(stage.api('api'));
    const names = Array.from({ length: workers }, (_, index) => `worker-${index + 1}`);
    await Promise.all(names.map((name) => stage.start(name, 'worker')));
    await stage.engines.groupOf(workers);
    await fillTopic(stage, taskId, keys);
    return await rateOf(stage, taskId, objects);
  } finally {
    await stage.strike();
  }
}

async function fillTopic({ engines }: ClusterStage, taskId: string, keys: readonly string[]): Promise<void> {
  const producer = await ForeignProducer.connect(engines.kafka.address, engines.topic);
  for (let start = 0; start < keys.length; start += BATCH)
    await producer.jsonBatch(taskId, keys.slice(start, start + BATCH));
  await producer.close();
}

async function rateOf(stage: ClusterStage, taskId: string, objects: number): Promise<number> {
  const done = ({ synced, ignored }: LedgerAnswer) => synced.objects + ignored.objects;
  let [firstAt, first] = [0, 0];
  const ledger = await stage.api('api').settled(taskId, objects, 300_000, (seen) => {
    if (firstAt !== 0 || done(seen) < objects / 10) return;
    firstAt = performance.now();
    first = done(seen);
  });
  // A copy that was broken off when the second worker joined is found up to date, if it had been made.
  if (done(ledger) !== objects || !ledger.balanced) throw new Error(`Not all is done: ${JSON.stringify(ledger)}`);
  return (objects - first) / ((performance.now() - firstAt) / 1000);
}
