import { faultyStore, StoreFaults } from '../../../test/support/faulty-store.js';
import { beforeReads, KeptReports, MigrationWorld, type MigrationTry } from '../../../test/support/migration-world.js';
import { StoreError } from '../../object-store/object-store.port.js';
import type { OverwriteMode } from '../compare.js';
import type { PageSource, SourceEntry } from './migration.js';

let world: MigrationWorld;
let sink: KeptReports;

beforeEach(() => {
  world = new MigrationWorld();
  sink = new KeptReports();
});

/** A list whose lines name an object and what it is called at the destination. */
function listOf(lines: readonly (readonly [key: string, targetName: string])[], pageObjects: number): PageSource {
  const entries: readonly SourceEntry[] = lines.map(([key, targetName]) => ({ key, targetName }));
  return {
    ordered: false,
    async *pages() {
      for (let at = 0; at < entries.length; at += pageObjects)
        yield await Promise.resolve({ entries: entries.slice(at, at + pageObjects), cursor: String(at) });
    },
  };
}

const run = (lines: readonly (readonly [string, string])[], pageObjects: number, attempt: MigrationTry = {}) =>
  world.migrate(sink, { ...attempt, pages: listOf(lines, pageObjects) });

describe.each([
  ['one page', 10],
  ['two pages', 2],
])('lines of %s with one name at the destination', (_what, pageObjects) => {
  const lines = [
    ['first', 'x'],
    ['other', 'y'],
    ['second', 'x'],
    ['third', 'x'],
  ] as const;

  beforeEach(() => {
    world.seed(['first', 'second', 'third', 'other'], 5);
    world.from.write('from', 'third', Buffer.from('largest'));
    world.clock.advance(5_000);
  });

  it.each<[OverwriteMode, Record<string, string>, string]>([
    ['FULL_OVERWRITE', { first: 'succeeded', second: 'succeeded', third: 'succeeded' }, 'largest'],
    ['NO_OVERWRITE', { first: 'succeeded', second: 'ALREADY_EXISTS', third: 'ALREADY_EXISTS' }, 'first'],
    [
      'SIZE_LAST_MODIFIED_COMPARISON_OVERWRITE',
      { first: 'succeeded', second: 'UP_TO_DATE', third: 'succeeded' },
      'largest',
    ],
  ])('are done in their order under %s, the first one being slow', async (overwriteMode, ends, content) => {
    let reading = 0;
    const source = beforeReads(world.source, async (key) => {
      if (key === 'other') return;
      expect(++reading).toBe(1);
      for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate);
      reading--;
    });
    await run(lines, pageObjects, { source, copy: { overwriteMode } });
    expect(sink.ends).toEqual({ ...ends, other: 'succeeded' });
    expect(sink.objects.map(({ key }) => key)).toEqual(lines.map(([key]) => key));
    expect(world.copies()).toEqual({ x: content, y: 'other' });
  });

  it('are tried although the one before failed, with one place for all of them', async () => {
    const error = new StoreError('denied', 'No', { backendCode: 'AccessDenied' });
    const source = faultyStore(
      world.source,
      new StoreFaults().always('open', { kind: 'fail', error }, { key: 'first' }),
    );
    await run(lines, pageObjects, { source, options: { objectsInFlight: 1 } });
    expect(sink.ends).toMatchObject({ first: 'SOURCE_DENIED AccessDenied', second: 'succeeded', third: 'succeeded' });
    expect(world.copies()).toEqual({ x: 'largest', y: 'other' });
  });
});
