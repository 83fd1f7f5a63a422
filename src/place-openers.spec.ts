import { HttpSource } from '../test/support/http-source/index.js';
import { KeptReports, MigrationWorld } from '../test/support/migration-world.js';
import { loadConfig } from './config/load-config.js';
import { StoreFactory } from './object-store/store-factory.js';
import { placeOpeners } from './place-openers.js';
import type { PageSource } from './transfer/migration/migration.js';
import { endpointGuards } from './worker-role.js';

const loaded = loadConfig({ env: {}, cwd: '/', readFile: () => '' });
const config = {
  ...loaded,
  urlSource: { allowPrivateNetworks: true },
  transfer: {
    ...loaded.transfer,
    ...{ attempts: 1, baseDelayMs: 1, maxDelayMs: 1, breakerFailures: 3, breakerResetMs: 60_000 },
  },
};

describe('URLs of a migration task', () => {
  let dead: HttpSource;
  let alive: HttpSource;
  let stores: StoreFactory;

  beforeEach(async () => {
    [dead, alive] = [await HttpSource.start(), await HttpSource.start()];
    stores = new StoreFactory(config);
  });
  afterEach(async () => {
    await stores.close();
    await dead.close();
    await alive.close();
  });

  it('of a host that gives no answer are left alone after a while, and those of other hosts are copied', async () => {
    const names = Array.from({ length: 20 }, (_, at) => String(at));
    const urls = names.flatMap((name) => [dead.refuse(`/${name}`, 500), alive.serve(`/${name}`, name)]);
    const pages: PageSource = {
      ordered: false,
      async *pages() {
        const entries = urls.map((key) => ({ key, targetName: key.slice(-9) }));
        yield await Promise.resolve({ entries, cursor: '' });
      },
    };
    const storeObserver = { call: () => undefined };
    const source = placeOpeners({ config, stores, guards: endpointGuards(config), storeObserver }).urls();
    const world = new MigrationWorld();
    const sink = new KeptReports();
    await world.migrate(sink, { source, pages, options: { objectsInFlight: 1 } });
    await source.close();
    expect(dead.requests).toHaveLength(config.transfer.breakerFailures);
    const ended = (origin: string) => [
      ...new Set(urls.filter((url) => url.startsWith(origin)).map((url) => sink.ends[url])),
    ];
    expect(ended(dead.origin)).toEqual(['SOURCE_UNAVAILABLE HTTP 500', 'SOURCE_UNAVAILABLE CircuitOpen']);
    expect(ended(alive.origin)).toEqual(['succeeded']);
    expect(Object.values(world.copies()).sort()).toEqual([...names].sort());
  });
});
