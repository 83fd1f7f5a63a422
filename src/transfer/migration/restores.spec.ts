import { faultyStore, StoreFaults } from '../../../test/support/faulty-store.js';
import {
  KeptReports,
  MIGRATION_LIMITS,
  MigrationWorld,
  type MigrationTry,
} from '../../../test/support/migration-world.js';
import { until } from '../../../test/support/until.js';
import { wait } from '../../kernel/retry.js';
import { StoreError } from '../../object-store/object-store.port.js';
import type { Pacing } from '../../object-store/retrying.js';

const POLL_MS = 1000;

/** Waits end when the test says so; how many there were, and how many are now. */
class ManualPacing implements Pacing {
  polls = 0;
  private next: (() => void) | undefined;

  async pause(ms: number, signal: AbortSignal): Promise<void> {
    if (ms !== POLL_MS) return wait(0, signal);
    this.polls++;
    await new Promise<void>((resolve, reject) => {
      this.next = resolve;
      signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
    });
  }

  random(): number {
    return 0;
  }

  async pass(): Promise<void> {
    await until(() => this.next !== undefined);
    const { next } = this;
    this.next = undefined;
    next?.();
  }
}

let world: MigrationWorld;
let sink: KeptReports;
let faults: StoreFaults;
let pacing: ManualPacing;

beforeEach(() => {
  world = new MigrationWorld();
  sink = new KeptReports();
  faults = new StoreFaults();
  pacing = new ManualPacing();
});

const archive = (...keys: string[]): void => {
  for (const key of keys) world.from.change('from', key, { storageClass: 'ARCHIVE' });
};
const migrate = (attempt: MigrationTry = {}): Promise<void> =>
  world.migrate(sink, {
    source: faultyStore(world.source, faults),
    pageObjects: 4,
    ...attempt,
    copy: {
      enableRestore: true,
      pacing,
      limits: { ...MIGRATION_LIMITS, restorePollMs: POLL_MS, restoreTimeoutMs: 3 * POLL_MS },
    },
  });

describe('archived objects that are to be restored', () => {
  it('are all asked for at once, and take no place from the others while they wait', async () => {
    world.seed(['a', 'b', 'c', 'd', 'e', 'f']);
    archive('a', 'b', 'c');
    const run = migrate({ options: { objectsInFlight: 1 } });
    await until(() => Object.keys(world.copies()).length === 3);
    expect([faults.count('restore'), sink.reports, pacing.polls]).toEqual([3, [], 1]);
    await pacing.pass();
    await until(() => pacing.polls === 2);
    world.from.finishRestores('from');
    await pacing.pass();
    await run;
    expect(world.copies()).toEqual(world.originals());
    expect(sink.objects.map(({ key }) => key)).toEqual(['a', 'b', 'c', 'd', 'e', 'f']);
    expect([faults.count('restore'), new Set(Object.values(sink.ends))]).toEqual([3, new Set(['succeeded'])]);
  });

  it('fail when they are not readable in time', async () => {
    world.seed(['a', 'b']);
    archive('a');
    const run = migrate();
    for (let poll = 1; poll <= 3; poll++) await pacing.pass();
    await run;
    expect(sink.ends).toEqual({ a: 'SOURCE_ARCHIVED InvalidObjectState', b: 'succeeded' });
    expect(faults.count('restore')).toBe(1);
  });

  it('fail when the source does not restore them', async () => {
    world.seed(['a', 'b']);
    archive('a');
    const error = new StoreError('denied', 'Not allowed to restore', { backendCode: 'AccessDenied' });
    faults.always('restore', { kind: 'fail', error });
    await migrate();
    expect(sink.ends).toEqual({ a: 'SOURCE_DENIED AccessDenied', b: 'succeeded' });
  });

  it('end the run when the source refuses the credentials', async () => {
    world.seed(['a']);
    archive('a');
    faults.always('restore', { kind: 'fail', error: new StoreError('bad-credentials', 'Expired') });
    await expect(migrate()).rejects.toMatchObject({ name: 'SideError', failure: { kind: 'bad-credentials' } });
  });

  it('are waited for though the source gives no answer at times', async () => {
    world.seed(['a']);
    archive('a');
    faults.next('head', { kind: 'fail', error: new StoreError('unavailable', 'Try later') });
    const run = migrate();
    await pacing.pass();
    await until(() => pacing.polls === 2);
    world.from.finishRestores('from');
    await pacing.pass();
    await run;
    expect(sink.ends).toEqual({ a: 'succeeded' });
  });

  it('are named by what they are when they are gone meanwhile', async () => {
    world.seed(['a']);
    archive('a');
    const run = migrate();
    await until(() => pacing.polls === 1);
    world.from.bucket('from').objects.delete('a');
    await pacing.pass();
    await run;
    expect(sink.ends).toEqual({ a: 'SOURCE_NOT_FOUND NoSuchKey' });
  });

  it('are let go when the migration is told to stop', async () => {
    world.seed(['a']);
    archive('a');
    const stop = new AbortController();
    const run = migrate({ signal: stop.signal });
    await until(() => pacing.polls === 1);
    const reason = new Error('Paused');
    stop.abort(reason);
    await expect(run).rejects.toBe(reason);
  });

  it('of which only the names are known are treated alike', async () => {
    world.seed(['a', 'b']);
    archive('a');
    const run = migrate({ prefixes: [], names: ['a', 'b'] });
    await until(() => pacing.polls === 1);
    world.from.finishRestores('from');
    await pacing.pass();
    await run;
    expect(sink.ends).toEqual({ a: 'succeeded', b: 'succeeded' });
  });
});
