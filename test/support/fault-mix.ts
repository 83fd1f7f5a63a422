import type { LedgerAnswer } from './api-client.js';
import type { Fault, FaultMatcher } from './s3-endpoint/faults.js';
import { seededRandom } from './seeded-random.js';
import { SyncStage } from './sync-stage.js';
import { until } from './until.js';

const PART = 5 * 1024 * 1024;
const { sourceBucket: FROM, destinationBucket: TO } = SyncStage;

/** Short times, few tries, and no breaker in the way: what one key does is not to change another one's outcome. */
export const IMPATIENT = {
  attempts: 3,
  baseDelayMs: 5,
  maxDelayMs: 300,
  requestTimeoutMs: 500,
  idleTimeoutMs: 500,
  objectTimeoutMs: 8000,
  breakerFailures: 1_000_000,
  breakerResetMs: 100,
  multipartThresholdBytes: 2 * PART,
  partBytes: PART,
  partConcurrency: 2,
} as const;

/** How a key ended, by the list files: `synced`, `ignored`, or the code of its failure. */
export type Endings = ReadonlyMap<string, string>;

/** Reads the list files of a task, once they tell the ending of `count` keys. */
export async function endingsOf(stage: SyncStage, taskId: string, count: number): Promise<Endings> {
  const endings = new Map<string, string>();
  const read = async (folder: string, ending: (columns: readonly string[]) => readonly [string, string]) => {
    for (const object of stage.destination.objects(TO)) {
      if (!object.key.startsWith(`oms/sync_task/${taskId}/${folder}/`)) continue;
      const lines = (await object.content()).toString().split('\n').filter(Boolean);
      for (const line of lines) endings.set(...ending(line.split('\t')));
    }
  };
  await until(async () => {
    await read('success_object_lists', ([, key = '']) => [key, 'synced']);
    await read('skip_object_lists', ([, key = '']) => [key, 'ignored']);
    await read('failed_object_lists', ([, , key = '', code = '']) => [key, code]);
    return endings.size >= count;
  }, 30_000);
  return endings;
}

/** What `seed` puts under a key: a text that tells the bytes of one key from those of any other. */
export const contentOf = (key: string, size: number): Buffer => Buffer.alloc(size, `${key} `);

/** True when the destination shows anything but one whole version of the source: the one it has, or the one it was seeded. */
export async function isWrong(stage: SyncStage, key: string): Promise<boolean> {
  const copy = await stage.destination.object(TO, key)?.content();
  const original = await stage.source.object(FROM, key)?.content();
  if (copy === undefined) return false;
  return original === undefined || !(copy.equals(original) || copy.equals(contentOf(key, original.length)));
}

interface Trouble {
  readonly side: 'source' | 'destination';
  readonly operation: NonNullable<FaultMatcher['operation']>;
  readonly fault: Fault;
}

const READ = ['GetObject', 'HeadObject'] as const;
/** Done although the answer never comes. Not CreateMultipartUpload: nobody can abort an upload whose id was lost. */
const DONE_UNHEARD = ['PutObject', 'UploadPart', 'CompleteMultipartUpload'] as const;
const WRITE = [...DONE_UNHEARD, 'CreateMultipartUpload'] as const;

const TROUBLES: readonly Trouble[] = [
  ...(['before-headers', 'after-headers', 'mid-body'] as const).map((when): Trouble => ({
    side: 'source',
    operation: READ,
    fault: { kind: 'reset', when },
  })),
  ...(['InternalError', 'SlowDown', 'AccessDenied', 'NoSuchBucket'] as const).flatMap((code): Trouble[] => [
    { side: 'source', operation: READ, fault: { kind: 'error', code } },
    { side: 'destination', operation: WRITE, fault: { kind: 'error', code } },
  ]),
  { side: 'source', operation: 'GetObject', fault: { kind: 'error', code: 'SlowDown', retryAfterSeconds: 1 } },
  { side: 'source', operation: 'GetObject', fault: { kind: 'drip', bytes: 200, everyMs: 10 } },
  { side: 'source', operation: READ, fault: { kind: 'stall', when: 'before-headers' } },
  { side: 'source', operation: 'GetObject', fault: { kind: 'stall', when: 'mid-body' } },
  { side: 'source', operation: 'GetObject', fault: { kind: 'truncate' } },
  { side: 'source', operation: 'GetObject', fault: { kind: 'wrong-length', delta: 7 } },
  { side: 'source', operation: 'GetObject', fault: { kind: 'wrong-length', delta: -7 } },
  { side: 'source', operation: 'GetObject', fault: { kind: 'corrupt' } },
  { side: 'source', operation: 'GetObject', fault: { kind: 'change-object' } },
  { side: 'destination', operation: WRITE, fault: { kind: 'reset', when: 'before-headers' } },
  { side: 'destination', operation: DONE_UNHEARD, fault: { kind: 'stall', when: 'before-headers' } },
  { side: 'destination', operation: DONE_UNHEARD, fault: { kind: 'lose-response' } },
  { side: 'destination', operation: 'HeadObject', fault: { kind: 'error', code: 'InternalError' } },
];

export interface FaultMixReport {
  readonly ledger: LedgerAnswer;
  /** After the first pass, under faults. */
  readonly endings: Endings;
  readonly keys: readonly string[];
  readonly missing: readonly string[];
  /** Keys whose copy is visible and not what the source has. */
  readonly wrong: readonly string[];
  /** Keys said to be synced that are not there. */
  readonly absent: readonly string[];
  readonly uploads: number;
  readonly tookMs: number;
  /** After a second pass without faults: keys whose copy is not right. */
  readonly unhealed: readonly string[];
}

/** Every key draws its size, its trouble on each side, and how often that strikes: sometimes more often than is tried. */
export async function runFaultMix(options: { readonly keys: number; readonly seed: number }): Promise<FaultMixReport> {
  const stage = await SyncStage.build({ config: { transfer: IMPATIENT, log: { level: 'error' } } });
  try {
    const random = seededRandom(options.seed);
    const keys = Array.from({ length: options.keys }, (_, index) => `mix ${index % 7}/object+${index}`);
    const missing = keys.filter(() => random() < 0.03);
    for (const key of keys) {
      const size = random() < 0.01 ? 2 * PART + Math.floor(random() * 1000) : Math.floor(random() * 3000);
      if (!missing.includes(key)) await stage.source.seed(FROM, key, contentOf(key, size));
      for (let troubles = Math.floor(random() * 3); troubles > 0; troubles--) {
        const { side, operation, fault } = TROUBLES[Math.floor(random() * TROUBLES.length)]!;
        const times = random() < 0.2 ? Infinity : 1 + Math.floor(random() * 4);
        // A range carries no checksum: what is flipped in one that is read for a part goes unnoticed.
        if (fault.kind === 'corrupt' && size >= 2 * PART) continue;
        stage[side].faults.always({ operation, key }, fault, { times });
      }
    }
    return await play(stage, keys, missing);
  } finally {
    await stage.strike();
  }
}

async function play(stage: SyncStage, keys: readonly string[], missing: readonly string[]): Promise<FaultMixReport> {
  const api = await stage.start();
  const taskId = await stage.createTask();
  const startedAt = performance.now();
  // One key in each event, so that no key waits for another one's faults.
  await Promise.all(keys.map((key) => api.sync(taskId, [key])));
  const ledger = await api.settled(taskId, keys.length, 300_000);
  const tookMs = performance.now() - startedAt;
  const endings = await endingsOf(stage, taskId, keys.length);
  const wrong: string[] = [];
  const absent: string[] = [];
  for (const key of keys) {
    if (await isWrong(stage, key)) wrong.push(key);
    if (endings.get(key) === 'synced' && !stage.destination.object(TO, key)) absent.push(key);
  }
  const uploads = stage.destination.uploads(TO).length;
  stage.source.faults.clear();
  stage.destination.faults.clear();
  await api.sync(taskId, keys);
  await api.settled(taskId, 2 * keys.length, 60_000);
  const unhealed: string[] = [];
  for (const key of keys) {
    const expected = missing.includes(key) ? undefined : key;
    if (stage.destination.object(TO, key)?.key !== expected || (await isWrong(stage, key))) unhealed.push(key);
  }
  return { ledger, endings, keys, missing, wrong, absent, uploads, tookMs, unhealed };
}

/** Codes that say what was done to the keys of the mix; anything else is a wrong diagnosis. */
const FITTING = new Set([
  ...['synced', 'AccessDenied', 'InternalError', 'SlowDown', 'NoSuchBucket', 'NoSuchKey', 'ObjectTimeout'],
  ...[
    'ECONNRESET',
    'UND_ERR_SOCKET',
    'UND_ERR_HEADERS_TIMEOUT',
    'RequestTimeout',
    'ChecksumMismatch',
    'SOURCE_CHANGED',
  ],
  // The answer to a HEAD has no document that would tell the code.
  ...['HTTP 403', 'HTTP 500', 'HTTP 503'],
]);

export function expectRightOutcomes(report: FaultMixReport): void {
  const { ledger, endings, keys, missing, wrong, absent, uploads, unhealed } = report;
  expect(ledger).toMatchObject({ requested: { objects: keys.length }, pending: { objects: 0 }, balanced: true });
  expect(endings.size).toBe(keys.length);
  expect([...endings].filter(([, ending]) => !FITTING.has(ending))).toEqual([]);
  expect([...endings].filter(([, ending]) => ending === 'synced')).toHaveLength(ledger.synced.objects);
  expect(missing.filter((key) => endings.get(key) === 'synced')).toEqual([]);
  expect(wrong).toEqual([]);
  expect(absent).toEqual([]);
  expect(uploads).toBe(0);
  expect(unhealed).toEqual([]);
}
