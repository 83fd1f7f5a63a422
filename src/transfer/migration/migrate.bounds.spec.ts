import { faultyStore, StoreFaults } from '../../../test/support/faulty-store.js';
import { beforeReads, KeptReports, MigrationWorld, withListing } from '../../../test/support/migration-world.js';
import { until } from '../../../test/support/until.js';
import type { ListedObject } from '../../object-store/object-store.port.js';
import type { PageReport, PageSource, SourceEntry } from './migration.js';

let world: MigrationWorld;

beforeEach(() => {
  world = new MigrationWorld();
});

const keys = (count: number): string[] => Array.from({ length: count }, (_, at) => `k${String(at).padStart(4, '0')}`);
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Lets calls through one by one, as the test says. */
class Gate {
  asked = 0;
  private readonly waiting: (() => void)[] = [];

  get held(): number {
    return this.waiting.length;
  }

  pass(): Promise<void> {
    this.asked++;
    return new Promise((resolve) => this.waiting.push(resolve));
  }

  open(count = Infinity): void {
    for (const go of this.waiting.splice(0, count)) go();
  }
}

describe('what a migration does at once', () => {
  it('is as many objects as it may, and of two pages at most', async () => {
    world.seed(keys(20));
    const gate = new Gate();
    const sink = new KeptReports();
    const options = { objectsInFlight: 5 };
    const run = world.migrate(sink, { source: beforeReads(world.source, () => gate.pass()), options, pageObjects: 4 });
    let most = 0;
    let furthest = 0;
    while (sink.objects.length < 20) {
      await settled();
      most = Math.max(most, gate.held);
      furthest = Math.max(furthest, gate.asked - 4 * sink.reports.length);
      gate.open(1);
    }
    await run;
    expect([most, furthest]).toEqual([5, 8]);
  });

  it('goes on with the next page while one object of a page takes long, and reports in order', async () => {
    world.seed(keys(12));
    const gate = new Gate();
    const source = beforeReads(world.source, (key) => (key === 'k0001' ? gate.pass() : undefined));
    const sink = new KeptReports();
    const run = world.migrate(sink, { source, pageObjects: 4 });
    await until(() => Object.keys(world.copies()).length === 7);
    for (let turn = 0; turn < 20; turn++) await settled();
    expect([sink.reports.length, Object.keys(world.copies()).length]).toEqual([0, 7]);
    gate.open();
    await run;
    expect(sink.objects.map(({ key }) => key)).toEqual(keys(12));
  });

  it('copies the next page while one is being recorded, and no other', async () => {
    world.seed(keys(12));
    const gate = new Gate();
    const sink = new KeptReports(() => gate.pass());
    const run = world.migrate(sink, { pageObjects: 4 });
    await until(() => Object.keys(world.copies()).length === 8);
    for (let turn = 0; turn < 20; turn++) await settled();
    expect([gate.held, Object.keys(world.copies()).length]).toEqual([1, 8]);
    for (let page = 1; page <= 3; page++) {
      await until(() => gate.held === 1);
      gate.open();
    }
    await run;
    expect(sink.reports).toHaveLength(3);
  });

  it('begins with what takes longest, and tells the ends in the order of the entries', async () => {
    world.seed(['a', 'b'], 10);
    world.seed(['c'], 1500);
    world.seed(['d'], 3000);
    const faults = new StoreFaults();
    const sink = new KeptReports();
    const options = { objectsInFlight: 1 };
    await world.migrate(sink, { source: faultyStore(world.source, faults), options, pageObjects: 4 });
    const order = faults.calls.filter(({ operation }) => operation === 'open').map(({ key }) => key);
    expect([...new Set(order)]).toEqual(['d', 'c', 'a', 'b']);
    expect(sink.objects.map(({ key }) => key)).toEqual(['a', 'b', 'c', 'd']);
  });

  it('holds fewer entries ahead when their names are long', async () => {
    const long = (page: number): SourceEntry[] => [{ key: String(page).padStart(50_000, 'x') }];
    let listed = 0;
    const pages: PageSource = {
      ordered: false,
      async *pages() {
        for (let page = 0; page < 1000; page++) {
          listed++;
          yield await Promise.resolve({ entries: long(page), cursor: String(page) });
        }
      },
    };
    const stop = new AbortController();
    const sink = new KeptReports(() => new Promise((_, reject) => stop.signal.addEventListener('abort', reject)));
    const run = world.migrate(sink, { pages, signal: stop.signal, options: { listAheadObjects: 500 } });
    for (let turn = 0; turn < 100; turn++) await settled();
    // Names that are too long for any store are decided at once, ten pages to a report.
    expect(listed).toBeLessThan(60);
    stop.abort(new Error('Seen enough'));
    await expect(run).rejects.toThrow('Seen enough');
  });

  it('lists ahead of the copying up to its bound, and tells the totals as soon as it knows them', async () => {
    world.seed(keys(100));
    const gate = new Gate();
    const source = beforeReads(world.source, () => gate.pass());
    let listed = 0;
    const small = withListing(source, async function* (prefix, after, signal) {
      for await (const page of world.source.listPages(prefix, after, signal))
        for (let at = 0; at < page.length; at += 5) {
          listed += 5;
          yield page.slice(at, at + 5);
        }
    });
    const sink = new KeptReports();
    const options = { listAheadObjects: 30 };
    const run = world.migrate(sink, { source: small, options, pageObjects: 5 });
    await until(() => listed >= 45);
    for (let turn = 0; turn < 20; turn++) await settled();
    // Two pages are under way, one is planned, and 30 objects wait.
    expect([listed, sink.totals]).toEqual([45, []]);
    while (sink.totals.length === 0) {
      gate.open(1);
      await settled();
    }
    expect(sink.objects.length).toBeLessThan(70);
    expect(sink.totals).toEqual([[100, 1000]]);
    const opened = setInterval(() => gate.open(), 0);
    await run.finally(() => clearInterval(opened));
  });
});

describe('a million objects that are up to date', () => {
  const PAGES = 1000;
  const PAGE_OBJECTS = 1000;

  const name = (at: number): string => `object-${String(at).padStart(9, '0')}`;
  const listedPage = (page: number, lastModifiedMs: number): ListedObject[] =>
    Array.from({ length: PAGE_OBJECTS }, (_, at) => ({ key: name(page * PAGE_OBJECTS + at), size: 1, lastModifiedMs }));

  it('are gone through with few of them in memory, and reported ten pages at a time', async () => {
    let made = 0;
    let reported = 0;
    let mostAlive = 0;
    const pages: PageSource = {
      ordered: true,
      async *pages() {
        for (let page = 0; page < PAGES; page++) {
          const entries: SourceEntry[] = listedPage(page, 1).map((listed) => ({ key: listed.key, listed }));
          made += entries.length;
          mostAlive = Math.max(mostAlive, made - reported);
          yield await Promise.resolve({ entries, cursor: String(page) });
        }
      },
    };
    const destination = withListing(world.destination, async function* () {
      for (let page = 0; page < PAGES; page++) yield await Promise.resolve(listedPage(page, 2));
    });
    let last: PageReport | undefined;
    const sink = new KeptReports();
    sink.page = async (report) => {
      await settled();
      reported += report.objects.length;
      last = { ...report, objects: [] };
    };
    const options = { listAheadObjects: 20_000, objectsInFlight: 64 };
    await world.migrate(sink, { pages, destination, options });
    expect(reported).toBe(PAGES * PAGE_OBJECTS);
    expect(last).toMatchObject({ page: 100, cursor: '999', scannedNum: 1_000_000, scannedSize: 1_000_000 });
    // Listed ahead, planned and joined, and two reports.
    expect(mostAlive).toBeLessThanOrEqual(20_000 + 1000 + 3 * 10_000);
  });
});
