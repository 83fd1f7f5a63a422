import { KeptReports, MigrationWorld } from '../../../test/support/migration-world.js';

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
});
