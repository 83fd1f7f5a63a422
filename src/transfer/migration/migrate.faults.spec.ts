import { faultyStore, StoreFaults } from '../../../test/support/faulty-store.js';
import { KeptReports, MigrationWorld, withListing } from '../../../test/support/migration-world.js';
import { until } from '../../../test/support/until.js';
import { StoreError, type StoreErrorKind } from '../../object-store/object-store.port.js';
import { SideError } from '../side-error.js';
import type { PageSource } from './migration.js';

let world: MigrationWorld;
let onSource: StoreFaults;
let onDestination: StoreFaults;
let sink: KeptReports;

beforeEach(() => {
  world = new MigrationWorld();
  onSource = new StoreFaults();
  onDestination = new StoreFaults();
  sink = new KeptReports();
});

const keys = (count: number): string[] => Array.from({ length: count }, (_, at) => `k${String(at).padStart(4, '0')}`);
const stores = () => ({
  source: faultyStore(world.source, onSource),
  destination: faultyStore(world.destination, onDestination),
});
const failing = (kind: StoreErrorKind) =>
  ({ kind: 'fail', error: new StoreError(kind, 'It failed', { backendCode: 'Some' }) }) as const;

describe('a migration', () => {
  it.each([
    ['bad-credentials', 'source', 'open'],
    ['no-such-bucket', 'source', 'open'],
    ['bad-credentials', 'destination', 'put'],
    ['no-such-bucket', 'destination', 'put'],
  ] as const)('ends with %s of the %s, once nothing is under way', async (kind, side, operation) => {
    world.seed(keys(9));
    (side === 'source' ? onSource : onDestination).next(operation, failing(kind), { key: 'k0004' });
    // The others hang until they are told to end.
    onDestination.always('put', { kind: 'stall' }, { key: 'k0003' });
    const run = world.migrate(sink, stores());
    await expect(run).rejects.toBeInstanceOf(SideError);
    await expect(run).rejects.toMatchObject({ side, failure: { kind, backendCode: 'Some' } });
    expect(sink.reports.map(({ page }) => page)).toEqual([1]);
    const calls = onDestination.calls.length + onSource.calls.length;
    await new Promise((resolve) => setImmediate(resolve));
    expect(onDestination.calls.length + onSource.calls.length).toBe(calls);
  });

  it.each(['denied', 'invalid', 'not-found', 'unavailable'] as const)('goes on when one object is %s', async (kind) => {
    world.seed(keys(9));
    onSource.always('open', failing(kind), { key: 'k0004' });
    await world.migrate(sink, stores());
    expect(Object.entries(sink.ends).filter(([, end]) => end !== 'succeeded')).toHaveLength(1);
    expect(sink.objects).toHaveLength(9);
  });

  it.each(['denied', 'no-such-bucket', 'unavailable'] as const)('ends when a listing is %s', async (kind) => {
    world.seed(keys(9));
    const refused = (store: typeof world.source) =>
      withListing(store, () => {
        throw new StoreError(kind, 'No');
      });
    await expect(world.migrate(sink, { source: refused(world.source) })).rejects.toMatchObject({
      name: 'SideError',
      side: 'source',
      failure: { kind },
    });
    expect(sink.totals).toEqual([]);
    await expect(world.migrate(sink, { destination: refused(world.destination) })).rejects.toMatchObject({
      name: 'SideError',
      side: 'destination',
      failure: { kind },
    });
    expect(sink.reports).toEqual([]);
  });

  it('does not go on with what is listed when the source gives no answer any more', async () => {
    world.seed(keys(9));
    const source = withListing(world.source, async function* (prefix, after, signal) {
      yield* world.source.listPages(prefix, after, signal);
      throw new StoreError('unavailable', 'No answer');
    });
    await expect(world.migrate(sink, { source })).rejects.toMatchObject({ failure: { kind: 'unavailable' } });
    expect(sink.objects.length).toBeLessThan(9);
  });

  it('does all that came before a listing turned out to be broken', async () => {
    world.seed(keys(9));
    const source = withListing(world.source, async function* (prefix, after, signal) {
      yield* world.source.listPages(prefix, after, signal);
      yield* world.source.listPages(prefix, after, signal);
    });
    await expect(world.migrate(sink, { source })).rejects.toMatchObject({ failure: { backendCode: 'BrokenListing' } });
    expect(sink.objects.map(({ key }) => key)).toEqual(keys(9));
  });

  it('fails as the page source fails', async () => {
    const wrong = new Error('The list is not readable');
    const pages: PageSource = {
      ordered: false,
      pages: async function* () {
        yield await Promise.reject(wrong);
      },
    };
    await expect(world.migrate(sink, { pages })).rejects.toBe(wrong);
  });

  it('fails as the sink fails, after what is under way has ended', async () => {
    world.seed(keys(9));
    const lost = new Error('Another worker has the task');
    onDestination.always('put', { kind: 'stall' }, { key: 'k0005' });
    const failingSink = new KeptReports(({ page }) => {
      if (page === 1) throw lost;
    });
    await expect(world.migrate(failingSink, stores())).rejects.toBe(lost);
    expect(failingSink.reports).toEqual([]);
    sink.scanned = () => Promise.reject(lost);
    await expect(world.migrate(sink, stores())).rejects.toBe(lost);
  });

  it('fails as the sink fails to remember an upload', async () => {
    world.seed(['large', 'small'], 2000);
    const forgot = new Error('Nobody remembers');
    sink.uploadBegan = () => Promise.reject(forgot);
    await expect(world.migrate(sink, stores())).rejects.toBe(forgot);
    expect([sink.reports, onDestination.count('uploadPart')]).toEqual([[], 0]);
  });
});

describe('a migration that is told to stop', () => {
  const stop = new Error('Paused');

  it('does not begin when it is told before', async () => {
    world.seed(keys(3));
    await expect(world.migrate(sink, { ...stores(), signal: AbortSignal.abort(stop) })).rejects.toBe(stop);
    expect([onSource.calls, onDestination.calls]).toEqual([[], []]);
  });

  it.each([
    ['reads', 'source', 'open'],
    ['writes', 'destination', 'put'],
    ['looks', 'destination', 'head'],
  ] as const)('abandons its %s at once, and begins nothing more', async (_, side, operation) => {
    world.seed(keys(9));
    const faults = side === 'source' ? onSource : onDestination;
    faults.always(operation, { kind: 'stall' });
    const control = new AbortController();
    const names = operation === 'head' ? keys(9) : [];
    const prefixes = operation === 'head' ? [] : [''];
    const run = world.migrate(sink, { ...stores(), prefixes, names, signal: control.signal });
    await until(() => faults.count(operation) === 4);
    control.abort(stop);
    await expect(run).rejects.toBe(stop);
    expect([faults.count(operation), sink.reports]).toEqual([4, []]);
  });

  it('does not wait for a listing that hangs', async () => {
    const hanging = withListing(world.source, async function* (_prefix, _after, signal) {
      yield await new Promise<never>((_, reject) => {
        signal.addEventListener('abort', () => reject(signal.reason as Error));
      });
    });
    for (const attempt of [{ source: hanging }, { destination: hanging }]) {
      world.seed(keys(3));
      const control = new AbortController();
      const run = world.migrate(sink, { ...attempt, signal: control.signal });
      await new Promise((resolve) => setImmediate(resolve));
      control.abort(stop);
      await expect(run).rejects.toBe(stop);
    }
  });

  it('lets the record of a page end that is being written', async () => {
    world.seed(keys(9));
    const control = new AbortController();
    const slow = new KeptReports(async ({ page }) => {
      if (page !== 2) return;
      control.abort(stop);
      await new Promise((resolve) => setImmediate(resolve));
    });
    await expect(world.migrate(slow, { signal: control.signal })).rejects.toBe(stop);
    expect(slow.reports.map(({ page }) => page)).toEqual([1, 2]);
  });

  it('keeps uploads in parts for the next start', async () => {
    world.seed(['large'], 2000);
    onDestination.always('uploadPart', { kind: 'stall' });
    const control = new AbortController();
    const run = world.migrate(sink, { ...stores(), signal: control.signal });
    await until(() => onDestination.count('uploadPart') > 0);
    control.abort(stop);
    await expect(run).rejects.toBe(stop);
    expect([sink.uploads.length, onDestination.count('abortUpload')]).toEqual([1, 0]);
    expect([...world.to.bucket('to').uploads.keys()]).toEqual([sink.uploads[0]?.uploadId]);
  });
});
