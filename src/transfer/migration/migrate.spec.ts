import { faultyStore, StoreFaults } from '../../../test/support/faulty-store.js';
import { KeptReports, MigrationWorld, withListing } from '../../../test/support/migration-world.js';
import type { OverwriteMode } from '../compare.js';

let world: MigrationWorld;
let sink: KeptReports;

beforeEach(() => {
  world = new MigrationWorld();
  sink = new KeptReports();
});

const keys = (count: number): string[] => Array.from({ length: count }, (_, at) => `k${String(at).padStart(4, '0')}`);

describe('a migration', () => {
  it('copies all of a bucket, and reports it page by page in order', async () => {
    world.seed(keys(8));
    await world.migrate(sink);
    expect(world.copies()).toEqual(world.originals());
    expect(sink.objects.map(({ key }) => key)).toEqual(keys(8));
    expect(sink.reports.map(({ page, objects }) => [page, objects.length])).toEqual([
      [1, 3],
      [2, 3],
      [3, 2],
    ]);
    expect(sink.totals).toEqual([[8, 80]]);
    expect(sink.reports.at(-1)).toMatchObject({ scannedNum: 8, scannedSize: 80 });
    expect(sink.movedBytes).toBe(80);
  });

  it('of nothing reports nothing but the totals', async () => {
    await world.migrate(sink);
    expect([sink.reports, sink.totals]).toEqual([[], [[0, 0]]]);
  });

  it('takes markers of directories, and sizes from empty to several parts', async () => {
    world.seed(['d/'], 0);
    world.seed(['d/buffered'], 50);
    world.seed(['d/streamed'], 500);
    world.seed(['d/in parts'], 2345);
    await world.migrate(sink);
    expect(world.copies()).toEqual(world.originals());
    expect(sink.uploads).toMatchObject([{ key: 'd/in parts', size: 2345, partBytes: 100 }]);
    expect(sink.reports.at(-1)).toMatchObject({ scannedNum: 4, scannedSize: 2895 });
  });

  it('puts the save prefix in front, and fails what becomes too long by it', async () => {
    world.seed(['a', 'é'.repeat(510)]);
    await world.migrate(sink, { options: { savePrefix: 'saved/' } });
    expect(Object.keys(world.copies())).toEqual(['saved/a']);
    expect(sink.ends).toEqual({ a: 'succeeded', ['é'.repeat(510)]: 'TARGET_NAME_TOO_LONG KeyTooLongError' });
  });

  it('looks at an object that is only named, and counts its bytes when it knows them', async () => {
    world.seed(['a', 'b']);
    world.to.write('to', 'saved/b', Buffer.from('b'.padEnd(10, '.')));
    const reports = new KeptReports();
    await world.migrate(reports, { prefixes: [], names: ['a', 'b', 'missing'], options: { savePrefix: 'saved/' } });
    expect(reports.ends).toEqual({ a: 'succeeded', b: 'UP_TO_DATE', missing: 'SOURCE_NOT_FOUND NoSuchKey' });
    expect(reports.totals).toEqual([[3, 0]]);
    expect(reports.reports.at(-1)).toMatchObject({ scannedNum: 3, scannedSize: 20 });
  });

  it('leaves alone what was not modified since, listed or named', async () => {
    world.seed(['new', 'named-new', 'named-old', 'old']);
    const sinceMs = world.clock.now().getTime();
    world.clock.advance(1000);
    world.seed(['new', 'named-new']);
    await world.migrate(sink, {
      prefixes: ['new', 'old'],
      names: ['named-new', 'named-old'],
      options: { migrateSinceMs: sinceMs },
    });
    expect(sink.ends).toEqual({
      'named-new': 'succeeded',
      'named-old': 'NOT_MODIFIED_SINCE',
      new: 'succeeded',
      old: 'NOT_MODIFIED_SINCE',
    });
  });

  it('fails what the page source found unusable, and goes on', async () => {
    world.seed(['a']);
    const entries = [
      { key: '%zz', problem: { code: 'BadName', cause: 'No name' } },
      { key: 'a', targetName: 'b' },
    ];
    const pages = {
      ordered: false,
      async *pages() {
        yield await Promise.resolve({ entries, cursor: 'c' });
      },
    };
    await world.migrate(sink, { pages });
    expect(sink.ends).toEqual({ '%zz': 'SOURCE_INVALID BadName', a: 'succeeded' });
    expect(sink.objects.at(-1)).toMatchObject({ key: 'a', targetName: 'b' });
    expect(Object.keys(world.copies())).toEqual(['b']);
  });

  it('fails the object that cannot be read, and goes on', async () => {
    world.seed(['a', 'b', 'c']);
    world.from.change('from', 'b', { storageClass: 'ARCHIVE' });
    await world.migrate(sink);
    expect(sink.ends).toEqual({ a: 'succeeded', b: 'SOURCE_ARCHIVED InvalidObjectState', c: 'succeeded' });
    expect(sink.objects[1]).toMatchObject({ outcome: 'failed', size: 10 });
  });

  it('reports what needs no copy together, up to ten pages, in order with what was copied', async () => {
    world.seed(keys(75));
    await world.migrate(new KeptReports());
    world.clock.advance(1000);
    world.seed(['k0040']);
    await world.migrate(sink);
    expect(sink.reports.map(({ objects }) => objects.length)).toEqual([30, 9, 3, 30, 3]);
    expect(sink.objects.map(({ key }) => key)).toEqual(keys(75));
    expect(sink.ends).toMatchObject({ k0039: 'UP_TO_DATE', k0040: 'succeeded', k0041: 'UP_TO_DATE' });
  });
});

describe('an object that the destination has', () => {
  const modes: readonly (readonly [OverwriteMode, Readonly<Record<string, string>>])[] = [
    [
      'NO_OVERWRITE',
      { equal: 'ALREADY_EXISTS', newer: 'ALREADY_EXISTS', larger: 'ALREADY_EXISTS', absent: 'succeeded' },
    ],
    ['FULL_OVERWRITE', { equal: 'succeeded', newer: 'succeeded', larger: 'succeeded', absent: 'succeeded' }],
    [
      'SIZE_LAST_MODIFIED_COMPARISON_OVERWRITE',
      { equal: 'UP_TO_DATE', newer: 'succeeded', larger: 'succeeded', absent: 'succeeded' },
    ],
    // These stores know no CRC-64.
    [
      'CRC64_COMPARISON_OVERWRITE',
      { equal: 'UP_TO_DATE', newer: 'succeeded', larger: 'succeeded', absent: 'succeeded' },
    ],
  ];
  let onDestination: StoreFaults;
  let onSource: StoreFaults;

  beforeEach(() => {
    onDestination = new StoreFaults();
    onSource = new StoreFaults();
    world.seed(['equal', 'larger']);
    for (const key of ['equal', 'newer']) world.to.write('to', key, Buffer.from(key.padEnd(10, '.')));
    world.to.write('to', 'larger', Buffer.from('l'));
    world.clock.advance(1000);
    world.seed(['newer', 'absent']);
  });

  const stores = () => ({
    source: faultyStore(world.source, onSource),
    destination: faultyStore(world.destination, onDestination),
  });

  it.each(modes)('is compared as %s says', async (overwriteMode, expected) => {
    await world.migrate(sink, { ...stores(), copy: { overwriteMode } });
    expect(sink.ends).toEqual(expected);
  });

  it.each(modes.slice(0, 3))('costs no look at it with %s', async (overwriteMode) => {
    await world.migrate(sink, { ...stores(), copy: { overwriteMode } });
    expect([onDestination.count('head'), onSource.count('head')]).toEqual([0, 0]);
  });

  it('is looked at for its CRC-64 only where the sizes are equal', async () => {
    await world.migrate(sink, { ...stores(), copy: { overwriteMode: 'CRC64_COMPARISON_OVERWRITE' } });
    const looks = onDestination.calls.filter(({ operation }) => operation === 'head').map(({ key }) => key);
    expect(looks.sort()).toEqual(['equal', 'newer']);
  });

  it('is copied again with FULL_OVERWRITE without listing the destination', async () => {
    const destination = withListing(world.destination, () => {
      throw new Error('Nobody needs to know');
    });
    await world.migrate(sink, { destination, copy: { overwriteMode: 'FULL_OVERWRITE' } });
    expect(sink.objects).toHaveLength(4);
  });

  it('is looked at where a side lists in no order', async () => {
    const traits = { ...world.destination.traits, listsInKeyOrder: false };
    await world.migrate(sink, { destination: { ...stores().destination, traits } });
    expect(sink.ends).toEqual(modes[2]![1]);
    expect(onDestination.count('head')).toBe(4);
  });
});
