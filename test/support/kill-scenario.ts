import { setTimeout as sleep } from 'node:timers/promises';
import type { LedgerAnswer } from './api-client.js';
import { SyncStage } from './sync-stage.js';

export interface KillScenario {
  /** One-key sync events. */
  readonly events: number;
  readonly kills: number;
  /** The service lives between these many milliseconds before it is killed. */
  readonly lifeMs: readonly [number, number];
  readonly log?: (line: string) => void;
}

export interface KillReport {
  readonly ledger: LedgerAnswer;
  /** Lines of the list files by kind: the names they hold, decoded. */
  readonly lists: Readonly<Record<'requested' | 'synced' | 'ignored' | 'failed', readonly string[]>>;
  /** Keys whose copy is not what the source has. */
  readonly wrongCopies: readonly string[];
  /** Objects in the destination that nobody asked for, list files aside. */
  readonly strangers: readonly string[];
  readonly keys: readonly string[];
  readonly missing: readonly string[];
}

const PART = 5 * 1024 * 1024;

/** Bodies of many sizes; every 500th goes up in parts. */
const bodyOf = (index: number): Buffer =>
  Buffer.alloc(index % 500 === 7 ? 2 * PART + 1000 : (index * 37) % 3000, `object ${index} `);
/** Every 50th key is not there, so that failures are killed too. */
const isMissing = (index: number): boolean => index % 50 === 13;
const keyOf = (index: number): string => `dir ${index % 20}/object+${index}.bin`;

/** Posts `events` one-key sync events while the service is killed again and again, then reads what became of them. */
export async function runKillScenario(scenario: KillScenario): Promise<KillReport> {
  const stage = await SyncStage.build({
    config: {
      lists: { flushIntervalMs: 400, maxLines: 1000 },
      transfer: { multipartThresholdBytes: 2 * PART, partBytes: PART, bufferBytes: 1024 * 1024 },
      log: { level: 'warn' },
    },
  });
  try {
    const indexes = Array.from({ length: scenario.events }, (_, index) => index);
    for (const index of indexes)
      if (!isMissing(index)) await stage.source.seed(SyncStage.sourceBucket, keyOf(index), bodyOf(index));
    await stage.start();
    const taskId = await stage.createTask();
    const pace = { allowed: 0 };
    const posting = postAll(stage, taskId, indexes, pace);
    await Promise.race([killRepeatedly(stage, scenario, pace), posting]);
    await posting;
    return await readReport(stage, taskId, indexes);
  } finally {
    await stage.strike();
  }
}

/** Lets a share of the events go before each kill, so that every kill finds work under way. */
async function killRepeatedly(stage: SyncStage, scenario: KillScenario, pace: { allowed: number }): Promise<void> {
  const { events, kills, lifeMs, log = () => undefined } = scenario;
  const [least, most] = lifeMs;
  for (let kill = 1; kill <= kills; kill++) {
    pace.allowed = Math.ceil((events * kill) / (kills + 1));
    await sleep(least + Math.random() * (most - least));
    await stage.service.kill();
    await stage.start();
    if (kill % 10 === 0) log(`killed ${kill} times`);
  }
  pace.allowed = events;
}

/** A caller who repeats a request until it is answered with 200, always under the same idempotency key. */
async function postAll(
  stage: SyncStage,
  taskId: string,
  indexes: readonly number[],
  pace: { readonly allowed: number },
): Promise<void> {
  const queue = indexes.values();
  const post = async (index: number): Promise<boolean> => {
    const body = { object_keys: [encodeURIComponent(keyOf(index))] };
    const headers = { 'idempotency-key': `object-${index}` };
    try {
      const { status } = await stage.api.tasks('POST', `/${taskId}/events`, body, headers);
      if (status !== 200 && status !== 503) throw new RangeError(`An event was answered with ${status}`);
      return status === 200;
    } catch (error) {
      if (error instanceof RangeError) throw error;
      return false; // the service is down just now
    }
  };
  await Promise.all(
    Array.from({ length: 8 }, async () => {
      for (const index of queue) {
        while (index >= pace.allowed) await sleep(5);
        const giveUpAt = Date.now() + 120_000;
        while (!(await post(index))) {
          if (Date.now() > giveUpAt) throw new Error(`Event ${index} was not accepted within two minutes`);
          await sleep(50);
        }
      }
    }),
  );
}

async function readReport(stage: SyncStage, taskId: string, indexes: readonly number[]): Promise<KillReport> {
  const ledger = await stage.api.settled(taskId, indexes.length, 180_000);
  const lists = await listsOf(stage, taskId, indexes.length);
  const keys = indexes.map(keyOf);
  const missing = indexes.filter(isMissing).map(keyOf);
  const wrongCopies: string[] = [];
  for (const index of indexes) {
    const copy = await stage.destination.object(SyncStage.destinationBucket, keyOf(index))?.content();
    const right = isMissing(index) ? copy === undefined : copy?.equals(bodyOf(index));
    if (right !== true) wrongCopies.push(keyOf(index));
  }
  const known = new Set(keys);
  const strangers = stage.destination
    .objects(SyncStage.destinationBucket)
    .map(({ key }) => key)
    .filter((key) => !known.has(key) && !key.startsWith(`oms/sync_task/${taskId}/`));
  return { ledger, lists, wrongCopies, strangers, keys, missing };
}

const FOLDERS = {
  requested: 'object_lists',
  synced: 'success_object_lists',
  ignored: 'skip_object_lists',
  failed: 'failed_object_lists',
} as const;

async function listsOf(stage: SyncStage, taskId: string, expected: number): Promise<KillReport['lists']> {
  const giveUpAt = Date.now() + 60_000;
  for (;;) {
    const lists = {
      requested: (await linesOf(stage, taskId, FOLDERS.requested)).map((line) => decodeURIComponent(line)),
      synced: (await linesOf(stage, taskId, FOLDERS.synced)).map((line) => line.split('\t')[1] ?? ''),
      ignored: (await linesOf(stage, taskId, FOLDERS.ignored)).map((line) => line.split('\t')[1] ?? ''),
      failed: (await linesOf(stage, taskId, FOLDERS.failed)).map((line) => line.split('\t')[2] ?? ''),
    };
    const outcomes = lists.synced.length + lists.ignored.length + lists.failed.length;
    if ((lists.requested.length >= expected && outcomes >= expected) || Date.now() > giveUpAt) return lists;
    await sleep(200);
  }
}

async function linesOf(stage: SyncStage, taskId: string, folder: string): Promise<readonly string[]> {
  const lines: string[] = [];
  for (const object of stage.destination.objects(SyncStage.destinationBucket)) {
    if (!object.key.startsWith(`oms/sync_task/${taskId}/${folder}/`)) continue;
    lines.push(...(await object.content()).toString().split('\n').filter(Boolean));
  }
  return lines;
}

/** The promises that hold whatever was killed when. */
export function expectNothingLost({ ledger, lists, wrongCopies, strangers, keys, missing }: KillReport): void {
  expect(ledger).toMatchObject({ requested: { objects: keys.length }, pending: { objects: 0 }, balanced: true });
  expect(ledger.failed.objects).toBe(missing.length);
  expect(lists.synced).toHaveLength(ledger.synced.objects);
  expect(lists.ignored).toHaveLength(ledger.ignored.objects);
  const sorted = (list: readonly string[]) => [...list].sort();
  expect(sorted(lists.requested)).toEqual(sorted(keys));
  expect(sorted([...lists.synced, ...lists.ignored, ...lists.failed])).toEqual(sorted(keys));
  expect(sorted(lists.failed)).toEqual(sorted(missing));
  expect(wrongCopies).toEqual([]);
  expect(strangers).toEqual([]);
}
