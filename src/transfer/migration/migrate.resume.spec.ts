import fc from 'fast-check';
import { faultyStore, StoreFaults } from '../../../test/support/faulty-store.js';
import { beforeReads, KeptReports, MigrationWorld } from '../../../test/support/migration-world.js';
import { StoreError } from '../../object-store/object-store.port.js';
import type { MigratedObject, MigrationStart } from './migration.js';

const bytesOf = (objects: readonly MigratedObject[]): number => objects.reduce((sum, { size }) => sum + size, 0);
const keysOf = (objects: readonly MigratedObject[]): string[] => objects.map(({ key }) => key);

/** Where the next run begins after what was recorded. */
const after = (done: readonly KeptReports[], ownCopiesSinceMs: number): Partial<MigrationStart> => {
  const reports = done.flatMap((each) => each.reports);
  const objects = reports.flatMap((each) => each.objects);
  const last = reports.at(-1);
  return {
    ...(last !== undefined && { cursor: last.cursor, scannedNum: last.scannedNum, scannedSize: last.scannedSize }),
    pagesDone: reports.length,
    doneNum: objects.length,
    doneSize: bytesOf(objects),
    scanIsOver: done.some(({ totals }) => totals.length > 0),
    uploads: done.flatMap(({ uploads }) => uploads),
    ownCopiesSinceMs,
  };
};

class PulledPlug extends Error {}

describe('a migration that is cut off', () => {
  const unit = fc.constantFrom('a', 'b', 'c', '/', '\ufffd', '😀');
  const key = fc.array(unit, { minLength: 1, maxLength: 4 }).map((units) => units.join(''));
  const keys = fc.uniqueArray(key, { maxLength: 40 });

  it('covers every object exactly once in the end, and knows its own copies', async () => {
    const prefixes = fc.oneof(fc.constant(['']), fc.uniqueArray(key, { minLength: 1, maxLength: 3 }));
    const cuts = fc.array(fc.nat(15), { maxLength: 6 });
    const bad = fc.uniqueArray(key, { maxLength: 3 });
    await fc.assert(
      fc.asyncProperty(keys, keys, prefixes, cuts, bad, async (here, there, wanted, each, unreadable) => {
        const world = new MigrationWorld();
        world.seed(here);
        for (const name of there)
          if (here.includes(name)) world.to.write('to', name, Buffer.from(name.padEnd(10, '.')));
        const already = new Set(Object.keys(world.copies()));
        world.clock.advance(5000);
        const sinceMs = world.clock.now().getTime();
        const runs: KeptReports[] = [];
        // At last one that is not cut off.
        for (const cut of [...each, Infinity]) {
          const plug = new AbortController();
          let calls = 0;
          const pull = (name?: string) => {
            if (++calls > cut) plug.abort(new PulledPlug());
            plug.signal.throwIfAborted();
            if (name !== undefined && unreadable.includes(name)) throw new StoreError('denied', 'Not this one');
          };
          const sink = new KeptReports(() => pull());
          const start = after(runs, sinceMs);
          runs.push(sink);
          const source = beforeReads(world.source, pull);
          const options = { objectsInFlight: 2, listAheadObjects: 1 + (here.length % 5) };
          const attempt = { source, start, prefixes: wanted, pageObjects: 2, options, signal: plug.signal };
          await world.migrate(sink, attempt).catch((error: unknown) => {
            if (!(error instanceof PulledPlug)) throw error;
          });
        }
        const objects = runs.flatMap((run) => run.objects);
        const expected = here.filter((name) => wanted.some((prefix) => name.startsWith(prefix)));
        expect(keysOf(objects).sort()).toEqual([...expected].sort());
        for (const { key: name, outcome } of objects)
          expect(outcome).toBe(already.has(name) ? 'skipped' : unreadable.includes(name) ? 'failed' : 'succeeded');
        const last = runs.flatMap(({ reports }) => reports).at(-1);
        if (last !== undefined)
          expect(last).toMatchObject({ scannedNum: expected.length, scannedSize: bytesOf(objects) });
        const numbers = runs.flatMap(({ reports }) => reports.map(({ page }) => page));
        expect(numbers).toEqual(numbers.map((_, at) => at + 1));
        const copies = expected.filter((name) => already.has(name) || !unreadable.includes(name));
        for (const name of copies) expect(world.copies()[name]).toBe(world.originals()[name]);
      }),
      { numRuns: 150 },
    );
  });

  it('counts an equal object of later pages as somebody else wrote it', async () => {
    const world = new MigrationWorld();
    const names = Array.from({ length: 60 }, (_, at) => `k${String(at).padStart(2, '0')}`);
    world.seed(names);
    await world.migrate(new KeptReports());
    const sink = new KeptReports();
    const start = { ownCopiesSinceMs: world.clock.now().getTime() };
    await world.migrate(sink, { start, pageObjects: 2 });
    expect([...new Set(sink.objects.slice(0, 40).map(({ outcome }) => outcome))]).toEqual(['succeeded']);
    expect([...new Set(sink.objects.slice(40).map(({ outcome }) => outcome))]).toEqual(['skipped']);
  });

  it('knows its own copies of mere names, and not those from before', async () => {
    const world = new MigrationWorld();
    world.seed(['before', 'own']);
    world.to.write('to', 'before', Buffer.from('before....'));
    world.clock.advance(5000);
    world.to.write('to', 'own', Buffer.from('own.......'));
    const sink = new KeptReports();
    const start = { ownCopiesSinceMs: world.clock.now().getTime() };
    await world.migrate(sink, { start, prefixes: [], names: ['before', 'own', 'gone'] });
    expect(sink.ends).toEqual({ before: 'UP_TO_DATE', own: 'succeeded', gone: 'SOURCE_NOT_FOUND NoSuchKey' });
  });

  it('goes on with the parts of a large object', async () => {
    const world = new MigrationWorld();
    world.seed(['large'], 2000);
    const plug = new AbortController();
    const first = new KeptReports();
    const faults = new StoreFaults().next('completeUpload', { kind: 'stall' });
    const cut = world.migrate(first, { destination: faultyStore(world.destination, faults), signal: plug.signal });
    while (faults.count('completeUpload') === 0) await new Promise((resolve) => setImmediate(resolve));
    plug.abort(new PulledPlug());
    await expect(cut).rejects.toThrow(PulledPlug);
    const again = new StoreFaults();
    const second = new KeptReports();
    const destination = faultyStore(world.destination, again);
    await world.migrate(second, { destination, start: after([first], world.clock.now().getTime()) });
    expect([faults.count('uploadPart'), again.count('uploadPart'), again.count('createUpload')]).toEqual([20, 0, 0]);
    expect(world.copies()).toEqual(world.originals());
  });
});
