import { taskSettings } from '../../../test/support/migration-task.js';
import { faultyStore, StoreFaults } from '../../../test/support/faulty-store.js';
import { MigrationWorld, withListing } from '../../../test/support/migration-world.js';
import { type SourceStore, StoreError } from '../../object-store/object-store.port.js';
import type { TaskSettings, TaskType } from '../../tasks/task.settings.js';
import { probePlaces, probeSource } from './prepare-run.js';

const { signal } = new AbortController();

const naming = (taskType: TaskType, ...objectKeys: readonly string[]): TaskSettings => ({
  ...taskSettings,
  taskType,
  source: { ...taskSettings.source, objectKeys },
});

/** What listings of `unlisted` were asked for. */
const listed: string[] = [];
const unlisted = withListing(new MigrationWorld().source, (prefix) => ({
  [Symbol.asyncIterator]: () => ({
    next: () => {
      listed.push(prefix);
      return Promise.reject(new StoreError('denied', 'No'));
    },
  }),
}));

describe('a look at a source that may not be listed', () => {
  beforeEach(() => listed.splice(0));

  it.each([
    ['a prefix', naming('prefix', 'p'), 'p'],
    ['a folder', naming('object', 'a', 'd/'), 'd/'],
    ['the whole bucket', naming('object', ''), ''],
    ['the whole bucket among others', naming('object', 'a', ''), ''],
  ])('fails for a task over %s', async (_what, settings, prefix) => {
    await expect(probeSource(unlisted, settings, signal)).rejects.toMatchObject({
      side: 'source',
      failure: { kind: 'denied' },
    });
    expect(listed).toEqual([prefix]);
  });

  it.each([naming('object', 'a', 'b'), naming('list')])('is fine for a task that only has names', async (settings) => {
    await probeSource(unlisted, settings, signal);
    expect(listed).toEqual(['']);
  });
});

describe('a look at both places', () => {
  const settings = naming('prefix', '');
  let world: MigrationWorld;
  let faults: StoreFaults;
  const probe = (source: SourceStore = world.source): Promise<number> =>
    probePlaces({ source, destination: faultyStore(world.destination, faults) }, 't', settings, signal);

  beforeEach(() => {
    world = new MigrationWorld();
    faults = new StoreFaults();
  });
  afterEach(() => expect(world.to.keys('to')).toEqual([]));

  it('answers the time of the destination', async () => {
    expect(await probe()).toBe(world.clock.now().getTime());
  });

  it('fails for the source that refuses', async () => {
    await expect(probe(unlisted)).rejects.toMatchObject({ side: 'source', failure: { kind: 'denied' } });
  });

  it.each(['put', 'head'] as const)(
    'fails for the destination that refuses to %s, whatever the source does',
    async (operation) => {
      faults.next(operation, { kind: 'fail', error: new StoreError('no-such-bucket', 'No') });
      const refused = { side: 'destination', failure: { kind: 'no-such-bucket' } };
      await expect(probe(unlisted)).rejects.toMatchObject(refused);
      faults.next(operation, { kind: 'fail', error: new StoreError('no-such-bucket', 'No') });
      await expect(probe()).rejects.toMatchObject(refused);
    },
  );
});
