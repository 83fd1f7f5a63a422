import { wait } from '../kernel/retry.js';
import { interceptStore } from '../object-store/intercept-store.js';
import type { DestinationStore, StoreErrorKind } from '../object-store/object-store.port.js';
import { bytes, failing, limits, meddle, passing, TransferStage } from '../../test/support/transfer-stage.js';

let stage: TransferStage;

beforeEach(() => {
  stage = new TransferStage();
});

describe('failures', () => {
  beforeEach(() => {
    stage.from.write('from', 'k', bytes(10));
  });

  const kinds: [StoreErrorKind, string, boolean][] = [
    ['not-found', 'NOT_FOUND', false],
    ['no-such-bucket', 'BUCKET_NOT_FOUND', true],
    ['denied', 'DENIED', true],
    ['bad-credentials', 'CREDENTIALS_REFUSED', true],
    ['archived', 'ARCHIVED', false],
    ['invalid', 'INVALID', false],
    ['throttled', 'THROTTLED', false],
    ['unavailable', 'UNAVAILABLE', false],
    ['timeout', 'UNAVAILABLE', false],
    ['connection', 'UNAVAILABLE', false],
  ];
  it.each(kinds)('%s is reported for the side it is of', async (kind, suffix, notStarted) => {
    const common = { outcome: 'failed', code: 'Some', cause: 'It failed: https://host/k second line' };
    const started = notStarted ? { notStarted: true } : {};
    expect(await stage.sync({}, stage.source(), meddle(stage.destination(), 'put', failing(kind)))).toEqual({
      ...common,
      ...started,
      reason: `DESTINATION_${suffix}`,
      side: 'destination',
      size: 10,
    });
    const own = kind === 'archived' ? { code: 'InvalidObjectState', cause: 'The source object is archived' } : {};
    expect(await stage.sync({}, meddle(stage.source(), 'open', failing(kind)))).toEqual({
      ...common,
      ...own,
      ...started,
      reason: `SOURCE_${suffix}`,
      side: 'source',
    });
    expect(stage.copied()).toBeUndefined();
  });

  it('too large for the destination', async () => {
    const large = stage.destination({ maxPutBytes: 9, parts: { maxParts: 3, maxPartBytes: 3 } });
    expect(await stage.sync({}, stage.source(), large)).toMatchObject({
      reason: 'OBJECT_TOO_LARGE',
      code: 'EntityTooLarge',
    });
  });

  it('a defect of ours is told to the hook and kept out of the outcome', async () => {
    const bugs: unknown[] = [];
    const bug = new TypeError('secret detail');
    const source = meddle(stage.source(), 'open', () => {
      throw bug;
    });
    const outcome = await stage.sync({ onBug: (error) => bugs.push(error) }, source);
    expect(outcome).toMatchObject({ reason: 'INTERNAL_ERROR', code: 'InternalError' });
    expect(JSON.stringify(outcome)).not.toContain('secret');
    expect(bugs).toEqual([bug]);
  });

  it('an object that takes too long', async () => {
    const stuck = interceptStore(stage.source(), {
      ...passing,
      open: (_, signal) => wait(60_000, signal).then(failing('timeout')),
    });
    expect(await stage.sync({ limits: { ...limits, objectTimeoutMs: 20 } }, stuck)).toMatchObject({
      reason: 'OBJECT_TIMEOUT',
      side: 'source',
    });
  });

  it('a copy that stays wrong is removed', async () => {
    stage.from.write('from', 'k', bytes(10));
    const wrong = meddle(stage.destination(), 'head', (count) => {
      if (count > 1) stage.to.write('to', 'k', bytes(9));
    });
    const unvouched: DestinationStore = {
      ...wrong,
      put: async (key, body, options, signal) => {
        await wrong.put(key, body, options, signal);
        return {};
      },
    };
    expect(await stage.sync({}, stage.source(), unvouched)).toMatchObject({
      reason: 'CHECKSUM_MISMATCH',
      side: 'destination',
    });
    expect(stage.copied()).toBeUndefined();
  });
});

describe('an archived source', () => {
  beforeEach(() => {
    stage.from.write('from', 'k', bytes(10), { storageClass: 'ARCHIVE' });
  });

  it('fails when nobody asked for a restore', async () => {
    expect(await stage.sync()).toMatchObject({ reason: 'SOURCE_ARCHIVED' });
    expect(stage.from.bucket('from').objects.get('k')?.restore).toBeUndefined();
  });

  it('is restored, waited for and copied', async () => {
    const pauses: number[] = [];
    const pacing = {
      random: () => 0,
      pause: (ms: number) => {
        pauses.push(ms);
        if (pauses.length === 3) stage.from.finishRestores('from');
        return Promise.resolve();
      },
    };
    const patient = { ...limits, restorePollMs: 10, restoreTimeoutMs: 100 };
    expect(await stage.sync({ limits: patient, enableRestore: true, pacing })).toMatchObject({ outcome: 'synced' });
    expect(pauses).toEqual([10, 10, 10]);
  });

  it('is not waited for any longer than allowed', async () => {
    let pauses = 0;
    const pacing = { random: () => 0, pause: () => Promise.resolve(pauses++).then(() => undefined) };
    const patient = { ...limits, restorePollMs: 10, restoreTimeoutMs: 50 };
    expect(await stage.sync({ limits: patient, enableRestore: true, pacing })).toMatchObject({
      reason: 'SOURCE_ARCHIVED',
    });
    expect(pauses).toBe(5);
  });
});
