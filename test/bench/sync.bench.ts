import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import autocannon from 'autocannon';
import { Agent, request } from 'undici';
import { SyncStage } from '../support/sync-stage.js';
import type { BenchResult } from './bench-result.js';

const ACCEPT_SECONDS = 15;
const OBJECTS = 10_000;
const OBJECT_BYTES = 4096;
const IDLE_EVENTS = 300;
const CONNECTIONS = 32;

const percentile = (sorted: readonly number[], share: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? NaN;
const ms = (value: number): string => `${value.toFixed(1)} ms`;

/** The sync path over real HTTP: what the webhook accepts, and what arrives at the destination how fast. */
export async function benchSync(): Promise<readonly BenchResult[]> {
  return [await accept(), ...(await endToEnd())];
}

const acceptKey = (client: number): string => `folder/object-${client}.bin`;

/** The webhook alone: the source answers nothing, so that the worker has its hands full and takes nothing more. */
async function accept(): Promise<BenchResult> {
  const config = { queue: { maxUnsettledKeys: 10_000_000 }, transfer: { requestTimeoutMs: 120_000 } };
  const stage = await SyncStage.build({ config });
  try {
    const api = await stage.start();
    for (let client = 0; client < CONNECTIONS; client++)
      await stage.source.seed(SyncStage.sourceBucket, acceptKey(client), 'never read');
    stage.source.faults.always({}, { kind: 'stall', when: 'before-headers' });
    const taskId = await stage.createTask();
    let index = 0;
    const result = await autocannon({
      url: `${api.baseUrl}/v2/stage/sync-tasks/${taskId}/events`,
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      connections: CONNECTIONS,
      duration: ACCEPT_SECONDS,
      setupClient: (client) => {
        client.setBody(JSON.stringify({ object_keys: [encodeURIComponent(acceptKey(index++))] }));
      },
    });
    return {
      name: `webhook accept, one key per request, ${CONNECTIONS} connections, ${ACCEPT_SECONDS} s`,
      figures: {
        'requests/s': Math.round(result.requests.average),
        'latency p50': ms(result.latency.p50),
        'latency p99': ms(result.latency.p99),
        'answers other than 200': result.non2xx + result.errors,
      },
    };
  } finally {
    await stage.strike();
  }
}

async function endToEnd(): Promise<readonly BenchResult[]> {
  const stage = await SyncStage.build();
  try {
    const body = randomBytes(OBJECT_BYTES);
    const key = (index: number) => `folder/object-${index}.bin`;
    for (let index = 0; index < OBJECTS + IDLE_EVENTS; index++)
      await stage.source.seed(SyncStage.sourceBucket, key(index), body);
    await stage.start();
    const taskId = await stage.createTask();
    const post = poster(stage, taskId);
    const idle = await idleLatency(stage, post, key);
    const startedAt = performance.now();
    await postAll(
      post,
      Array.from({ length: OBJECTS }, (_, index) => key(IDLE_EVENTS + index)),
    );
    const acceptedAt = performance.now();
    const ledger = await stage.api.settled(taskId, OBJECTS + IDLE_EVENTS, 120_000);
    const seconds = (performance.now() - startedAt) / 1000;
    return [
      {
        name: `sync path on an idle system, ${IDLE_EVENTS} one-key events of 4 KiB, webhook sent to object written`,
        figures: { p50: ms(percentile(idle, 0.5)), p95: ms(percentile(idle, 0.95)), p99: ms(percentile(idle, 0.99)) },
      },
      {
        name: `sync path under load, ${OBJECTS} one-key events of 4 KiB; service, both endpoints and client share the machine`,
        figures: {
          'objects/s from first request to last settled': Math.round(OBJECTS / seconds),
          'accepted within': `${((acceptedAt - startedAt) / 1000).toFixed(1)} s`,
          synced: ledger.synced.objects,
          balanced: String(ledger.balanced),
        },
      },
    ];
  } finally {
    await stage.strike();
  }
}

type Post = (key: string) => Promise<void>;

function poster(stage: SyncStage, taskId: string): Post {
  const dispatcher = new Agent({ connections: CONNECTIONS });
  const url = `${stage.api.baseUrl}/v2/stage/sync-tasks/${taskId}/events`;
  return async (key) => {
    const { statusCode, body } = await request(url, {
      dispatcher,
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ object_keys: [encodeURIComponent(key)] }),
    });
    await body.dump();
    if (statusCode !== 200) throw new Error(`An event was answered with ${statusCode}`);
  };
}

async function postAll(post: Post, keys: readonly string[]): Promise<void> {
  const queue = keys.values();
  await Promise.all(
    Array.from({ length: CONNECTIONS }, async () => {
      for (const key of queue) await post(key);
    }),
  );
}

/** One event at a time; the destination endpoint is in this process, so looking costs no request. Sorted, in ms. */
async function idleLatency(stage: SyncStage, post: Post, key: (index: number) => string): Promise<readonly number[]> {
  const latencies: number[] = [];
  for (let index = 0; index < IDLE_EVENTS; index++) {
    const sentAt = performance.now();
    await post(key(index));
    while (stage.destination.object(SyncStage.destinationBucket, key(index)) === undefined) {
      if (performance.now() - sentAt > 10_000) throw new Error(`Object ${index} did not arrive within 10 s`);
      await sleep(1);
    }
    latencies.push(performance.now() - sentAt);
  }
  return latencies.sort((a, b) => a - b);
}
