import { taskSettings } from '../../../test/support/migration-task.js';
import { MigrationWorld, withListing } from '../../../test/support/migration-world.js';
import { StoreError } from '../../object-store/object-store.port.js';
import type { TaskSettings, TaskType } from '../../tasks/task.settings.js';
import { probeSource } from './prepare-run.js';

const { signal } = new AbortController();

const naming = (taskType: TaskType, ...objectKeys: readonly string[]): TaskSettings => ({
  ...taskSettings,
  taskType,
  source: { ...taskSettings.source, objectKeys },
});

describe('a look at a source that may not be listed', () => {
  const listed: string[] = [];
  const source = withListing(new MigrationWorld().source, (prefix) => ({
    [Symbol.asyncIterator]: () => ({
      next: () => {
        listed.push(prefix);
        return Promise.reject(new StoreError('denied', 'No'));
      },
    }),
  }));

  beforeEach(() => listed.splice(0));

  it.each([
    ['a prefix', naming('prefix', 'p'), 'p'],
    ['a folder', naming('object', 'a', 'd/'), 'd/'],
    ['the whole bucket', naming('object', ''), ''],
    ['the whole bucket among others', naming('object', 'a', ''), ''],
  ])('fails for a task over %s', async (_what, settings, prefix) => {
    await expect(probeSource(source, settings, signal)).rejects.toMatchObject({
      side: 'source',
      failure: { kind: 'denied' },
    });
    expect(listed).toEqual([prefix]);
  });

  it.each([naming('object', 'a', 'b'), naming('list')])('is fine for a task that only has names', async (settings) => {
    await probeSource(source, settings, signal);
    expect(listed).toEqual(['']);
  });
});
