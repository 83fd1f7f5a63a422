import type { ApiClient } from '../support/api-client.js';
import {
  contentOf,
  endingsOf,
  expectRightOutcomes,
  IMPATIENT,
  isWrong,
  runFaultMix,
  type Endings,
} from '../support/fault-mix.js';
import type { Fault, FaultSchedule } from '../support/s3-endpoint/faults.js';
import type { Operation } from '../support/s3-endpoint/s3-endpoint.js';
import { SyncStage } from '../support/sync-stage.js';

const { sourceBucket: FROM, destinationBucket: TO } = SyncStage;
const SIZE = 2000;
const LARGE = 12 * 1024 * 1024;

interface Case {
  readonly name: string;
  readonly side: 'source' | 'destination';
  readonly operation: Operation;
  readonly fault: Fault;
  /** `synced` or the code; several where it is a matter of who notices first. */
  readonly ending: string | readonly string[];
  readonly schedule?: FaultSchedule;
  readonly size?: number;
}

const once = { times: 1 };
const CUT = 'ECONNRESET';
const reading = (
  name: string,
  fault: Fault,
  ending: Case['ending'],
  schedule: FaultSchedule = {},
  size = SIZE,
): Case => ({
  name,
  side: 'source',
  operation: 'GetObject',
  fault,
  ending,
  schedule,
  size,
});
const writing = (
  name: string,
  fault: Fault,
  ending: Case['ending'],
  schedule: FaultSchedule = {},
  operation: Operation = 'PutObject',
  size = SIZE,
): Case => ({ name, side: 'destination', operation, fault, ending, schedule, size });

const SURVIVED: readonly Case[] = [
  ...(['before-headers', 'after-headers', 'mid-body'] as const).map((when) =>
    reading(`a reset ${when}`, { kind: 'reset', when }, 'synced', once),
  ),
  ...(['before-headers', 'mid-body'] as const).map((when) =>
    reading(`a stall ${when}`, { kind: 'stall', when }, 'synced', once),
  ),
  reading('a 500', { kind: 'error', code: 'InternalError' }, 'synced', { times: 2 }),
  reading('a slow source', { kind: 'drip', bytes: 100, everyMs: 20 }, 'synced'),
  reading('a body cut short', { kind: 'truncate', bytes: 10 }, 'synced', once),
  reading('a length too great', { kind: 'wrong-length', delta: 5 }, 'synced', once),
  reading('a length too small', { kind: 'wrong-length', delta: -5 }, 'synced', once),
  reading('a flipped byte', { kind: 'corrupt' }, 'synced', once),
  reading('a source that changes under the reader', { kind: 'change-object' }, 'synced', once),
  reading('a large source that changes', { kind: 'change-object' }, 'synced', once, LARGE),
  writing('a reset write', { kind: 'reset', when: 'before-headers' }, 'synced', once),
  writing('a stalled write', { kind: 'stall', when: 'before-headers' }, 'synced', once),
  writing('a lost answer', { kind: 'lose-response' }, 'synced', once),
  writing('a failing write', { kind: 'error', code: 'InternalError' }, 'synced', { times: 2 }),
  writing('a reset part', { kind: 'reset', when: 'before-headers' }, 'synced', once, 'UploadPart', LARGE),
  writing('a lost answer of a part', { kind: 'lose-response' }, 'synced', once, 'UploadPart', LARGE),
  writing(
    'a lost answer of the last step',
    { kind: 'lose-response' },
    'synced',
    once,
    'CompleteMultipartUpload',
    LARGE,
  ),
  writing(
    'an error in a 200',
    { kind: 'error-in-200', code: 'InternalError' },
    'synced',
    once,
    'CompleteMultipartUpload',
    LARGE,
  ),
];

const FATAL: readonly Case[] = [
  reading('a denied read', { kind: 'error', code: 'AccessDenied' }, 'AccessDenied'),
  reading('500 without end', { kind: 'error', code: 'InternalError' }, 'InternalError'),
  reading('resets without end', { kind: 'reset', when: 'mid-body' }, CUT),
  reading('stalls without end', { kind: 'stall', when: 'mid-body' }, 'RequestTimeout'),
  reading('no answer at all', { kind: 'stall', when: 'before-headers' }, 'RequestTimeout'),
  reading('bodies always cut short', { kind: 'truncate' }, CUT),
  reading('a source slower than its time', { kind: 'drip', bytes: 20, everyMs: 200 }, 'ObjectTimeout'),
  reading('bytes always flipped', { kind: 'corrupt' }, 'ChecksumMismatch'),
  reading('a source bucket that vanishes', { kind: 'error', code: 'NoSuchBucket' }, 'NoSuchBucket'),
  writing('a denied write', { kind: 'error', code: 'AccessDenied' }, 'AccessDenied'),
  writing('a destination bucket that vanishes', { kind: 'error', code: 'NoSuchBucket' }, 'NoSuchBucket'),
  writing('writes stalled without end', { kind: 'stall', when: 'before-headers' }, 'RequestTimeout'),
  writing('a denied look', { kind: 'error', code: 'AccessDenied' }, 'AccessDenied', {}, 'HeadObject'),
  writing('a denied part', { kind: 'error', code: 'AccessDenied' }, 'AccessDenied', { skip: 1 }, 'UploadPart', LARGE),
  writing(
    'a denied last step',
    { kind: 'error', code: 'AccessDenied' },
    'AccessDenied',
    {},
    'CompleteMultipartUpload',
    LARGE,
  ),
];

let stage: SyncStage;
let api: ApiClient;

beforeAll(async () => {
  stage = await SyncStage.build({ config: { transfer: IMPATIENT } });
  api = await stage.start();
}, 60_000);

afterAll(() => stage.strike());

/** All cases at once, each with its own key and event. */
async function playAll(cases: readonly Case[]): Promise<{ endings: Endings; tookMs: number }> {
  for (const { name, side, operation, fault, schedule, size = SIZE } of cases) {
    await stage.source.seed(FROM, name, contentOf(name, size));
    stage[side].faults.always({ operation, key: name }, fault, schedule);
  }
  const startedAt = performance.now();
  const taskId = await stage.createTask();
  for (const { name } of cases) await api.sync(taskId, [name]);
  expect(await api.settled(taskId, cases.length)).toMatchObject({ balanced: true });
  const tookMs = performance.now() - startedAt;
  return { endings: await endingsOf(stage, taskId, cases.length), tookMs };
}

describe('survives', () => {
  let endings: Endings;

  beforeAll(async () => {
    ({ endings } = await playAll(SURVIVED));
  }, 60_000);

  it.each(SURVIVED)('$name', async ({ name }) => {
    expect(endings.get(name)).toBe('synced');
    expect(stage.destination.object(TO, name)).toBeDefined();
    expect(await isWrong(stage, name)).toBe(false);
  });

  it('all of that without leaving an upload open', () => expect(stage.destination.uploads(TO)).toEqual([]));
});

describe('fails, with the code that fits and nothing wrong to be seen, on', () => {
  let endings: Endings;
  let tookMs: number;

  beforeAll(async () => {
    ({ endings, tookMs } = await playAll(FATAL));
  }, 60_000);

  it.each(FATAL)('$name', async ({ name, ending, fault, side }) => {
    expect([ending].flat()).toContain(endings.get(name));
    // A write that is done and never answered leaves the whole object.
    if (side === 'destination' && fault.kind === 'stall') expect(await isWrong(stage, name)).toBe(false);
    else expect(stage.destination.object(TO, name)).toBeUndefined();
  });

  it('all of that within the time of one object, leaving no upload open', () => {
    expect(tookMs).toBeLessThan(2 * IMPATIENT.objectTimeoutMs);
    expect(stage.destination.uploads(TO)).toEqual([]);
  });
});

it('waits as long as a Retry-After says', async () => {
  const fault: Fault = { kind: 'error', code: 'SlowDown', retryAfterSeconds: 1 };
  const { endings, tookMs } = await playAll([reading('retry after', fault, 'synced', once)]);
  expect(endings.get('retry after')).toBe('synced');
  expect(tookMs).toBeGreaterThan(950);
});

it('fails while a source asks to slow down without end', async () => {
  const { endings } = await playAll([reading('slow down', { kind: 'error', code: 'SlowDown' }, 'SlowDown')]);
  expect(endings.get('slow down')).toBe('SlowDown');
});

it('fails what a refusal in the middle of the work strikes, and syncs it once that is lifted', async () => {
  const keys = Array.from({ length: 60 }, (_, index) => `middle/${index}`);
  for (const key of keys) await stage.source.seed(FROM, key, key);
  // Reads only: a copy that crosses a second looks at its source once more, and how many do is a matter of the machine.
  const denied = stage.source.faults.always(
    { keyPrefix: 'middle/', operation: 'GetObject' },
    { kind: 'error', code: 'AccessDenied' },
    { skip: 20 },
  );
  const taskId = await stage.createTask();
  await api.sync(taskId, keys);
  expect(await api.settled(taskId, 60)).toMatchObject({
    synced: { objects: 20 },
    failed: { objects: 40 },
    balanced: true,
  });
  denied.remove();
  await api.sync(taskId, keys);
  expect(await api.settled(taskId, 120)).toMatchObject({
    synced: { objects: 60 },
    ignored: { objects: 20 },
    balanced: true,
  });
});

it('brings 120 keys under a mix of faults to right outcomes', async () => {
  const report = await runFaultMix({ keys: 120, seed: 7 });
  expectRightOutcomes(report);
  expect(report.ledger.failed.objects).toBeGreaterThan(0);
}, 60_000);
