import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { until } from '../../test/support/until.js';
import { MemoryEventStore } from '../event-store/memory/memory-event-store.js';
import type { NewEvent } from '../event-store/event-store.port.js';
import type { DomainEvent } from '../kernel/domain-event.js';
import { timeOrderedId } from '../kernel/ids.js';
import { ReadStore } from '../read-store/read-store.js';
import { ProjectionHost } from './projection-host.js';
import type { Projection } from './projection.js';

type Added = DomainEvent<'Added', { amount: number }>;
const RETRY = { attempts: Infinity, baseDelayMs: 1, maxDelayMs: 5 };
const LONG = 20_000;
const sums = (over: Partial<Projection<Added>> = {}): Projection<Added> => ({
  name: 'sums',
  version: 1,
  prefixes: ['sum-'],
  tables: {
    sums: 'CREATE TABLE sums (stream TEXT PRIMARY KEY, total INTEGER NOT NULL, events INTEGER NOT NULL)',
    trail: 'CREATE TABLE trail (position INTEGER PRIMARY KEY); CREATE INDEX trail_by ON trail (position DESC)',
  },
  on: {
    Added: ({ stream, position, data }, views) => {
      views.run('INSERT INTO trail VALUES (?)', Number(position)); // a second time would violate the primary key
      views.run(
        `INSERT INTO sums VALUES (?, ?, 1)
         ON CONFLICT (stream) DO UPDATE SET total = total + excluded.total, events = events + 1`,
        stream,
        data.amount,
      );
    },
  },
  ...over,
});

const added = (amount: number): NewEvent => ({
  id: timeOrderedId(),
  type: 'Added',
  data: { amount },
  metadata: { correlationId: 'c', actor: 'test', schemaVersion: 1 },
});

describe('the projection host', () => {
  let folder: string;
  let events: MemoryEventStore;
  let views: ReadStore;
  let host: ProjectionHost;

  const openViews = () => (views = new ReadStore(path.join(folder, 'views.db')));
  const newHost = (...projections: Projection<Added>[]) => {
    host = new ProjectionHost(events, views, undefined, RETRY);
    for (const projection of projections) host.register(projection);
    return host;
  };
  const add = async (stream: string, amount: number, count = 1) =>
    (
      await events.append(
        stream,
        'any',
        Array.from({ length: count }, () => added(amount)),
      )
    ).position;
  const caughtUp = async () => host.passed('sum-', (await events.head()) ?? 0n, LONG);
  const rows = () => views.all('SELECT * FROM sums ORDER BY stream');

  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'openoms-views-'));
    events = new MemoryEventStore();
    openViews();
  });
  afterEach(async () => {
    await host.stop();
    await events.close();
    views.close();
    await rm(folder, { recursive: true });
  });

  it('folds what is there and what comes, and nothing of other streams', async () => {
    await add('sum-a', 2);
    await events.append('other-1', 'any', [{ ...added(1), type: 'Unheard' }]);
    newHost(sums()).start();
    await add('sum-a', 3);
    expect(await host.passed('sum-a', await add('sum-b', 1), LONG)).toBe(true);
    expect(rows()).toEqual([
      { stream: 'sum-a', total: 5, events: 2 },
      { stream: 'sum-b', total: 1, events: 1 },
    ]);
    expect(host.status()).toMatchObject([{ name: 'sums', version: 1, state: 'live', position: 4n, failures: 0 }]);
  });

  it('tells those who watch a projection of each change of it, until they watch no more', async () => {
    const { name, tables, ...rest } = sums();
    newHost(sums(), { ...rest, name: 'others', tables: {}, prefixes: ['other-'], on: { Added: () => undefined } });
    const totals: unknown[] = [];
    const unwatch = host.watch(name, () => totals.push(views.get('SELECT total FROM sums')));
    expect(() => host.watch('unheard', () => undefined)).toThrow('no projection named unheard');
    host.start();
    await host.passed('sum-a', await add('sum-a', 2), LONG);
    await host.passed('other-1', await add('other-1', 9), LONG);
    await host.passed('sum-a', await add('sum-a', 3), LONG);
    unwatch();
    await host.passed('sum-a', await add('sum-a', 4), LONG);
    expect(totals).toEqual([{ total: 2 }, { total: 5 }]);
    expect(Object.keys(tables)).toHaveLength(2);
  });

  it('gives equal views after a rebuild from zero, of 20,000 events', async () => {
    for (let n = 0; n < 20; n++) await add(`sum-${n % 7}`, n, 1_000);
    newHost(sums()).start();
    expect(await caughtUp()).toBe(true);
    const before = rows();
    host.rebuild('sums');
    expect(rows()).toEqual([]);
    expect(await caughtUp()).toBe(true);
    expect(rows()).toEqual(before);
    expect(before).toHaveLength(7);
    expect(views.get('SELECT count(*) AS n FROM trail')).toEqual({ n: 20_000 });
  });

  it.each([1, 499, 500, 501, 1_234])('counts every event once across a crash at event %p', async (crashAt) => {
    await add('sum-a', 1, 2_000);
    let seen = 0;
    const { on, ...rest } = sums();
    const crash: Projection<Added> = {
      ...rest,
      on: {
        Added: (event, store) => {
          on.Added(event, store);
          if (++seen === crashAt) store.close(); // takes the open transaction with it, as the end of the process would
        },
      },
    };
    newHost(crash).start();
    await until(() => host.status()[0]?.state === 'failed');
    await host.stop();
    openViews();
    newHost(sums()).start();
    expect(await caughtUp()).toBe(true);
    expect(rows()).toEqual([{ stream: 'sum-a', total: 2_000, events: 2_000 }]);
  });

  it('goes on where it was after a stop and a start', async () => {
    await add('sum-a', 1, 10);
    newHost(sums()).start();
    await caughtUp();
    await host.stop();
    await add('sum-a', 1, 5);
    const seen: bigint[] = [];
    const { on, ...rest } = sums();
    const noting: Projection<Added>['on'] = {
      Added: (event, store) => {
        seen.push(event.position);
        on.Added(event, store);
      },
    };
    newHost({ ...rest, on: noting }).start();
    await caughtUp();
    expect(seen).toEqual([11n, 12n, 13n, 14n, 15n]);
    expect(rows()).toEqual([{ stream: 'sum-a', total: 15, events: 15 }]);
  });

  it('starts over with a new version, and leaves no table of the old one behind', async () => {
    await add('sum-a', 4);
    newHost(sums()).start();
    await caughtUp();
    await host.stop();
    const doubled = sums({
      version: 2,
      tables: { doubled: 'CREATE TABLE doubled (total INTEGER)' },
      on: { Added: ({ data }, store) => void store.run('INSERT INTO doubled VALUES (?)', data.amount * 2) },
    });
    newHost(doubled).start();
    await caughtUp();
    expect(views.all('SELECT * FROM doubled')).toEqual([{ total: 8 }]);
    expect(views.all("SELECT name FROM sqlite_schema WHERE name IN ('sums', 'trail', 'trail_by')")).toEqual([]);
  });

  it('starts over when its tables are gone', async () => {
    await add('sum-a', 4);
    newHost(sums()).start();
    await caughtUp();
    await host.stop();
    views.exec('DROP TABLE sums');
    newHost(sums()).start();
    await caughtUp();
    expect(rows()).toEqual([{ stream: 'sum-a', total: 4, events: 1 }]);
  });

  it('starts over when it is ahead of the event store', async () => {
    await add('sum-a', 4, 20);
    newHost(sums()).start();
    await caughtUp();
    await host.stop();
    events = new MemoryEventStore();
    await add('sum-b', 1);
    newHost(sums()).start();
    await caughtUp();
    expect(rows()).toEqual([{ stream: 'sum-b', total: 1, events: 1 }]);
  });

  it('tries a failing handler again without skipping, alone in its trouble, and heals', async () => {
    let broken = true;
    const failing = sums({
      name: 'failing',
      tables: { failing: 'CREATE TABLE failing (amount INTEGER)' },
      on: {
        Added: ({ data }, store) => {
          store.run('INSERT INTO failing VALUES (?)', data.amount);
          if (data.amount === 2 && broken) throw new Error('cannot take 2');
        },
      },
    });
    newHost(failing, sums()).start();
    for (const amount of [1, 2, 3]) await add('sum-a', amount);
    const stuck = () => host.status().find(({ name }) => name === 'failing');
    await until(() => (stuck()?.failures ?? 0) >= 3);
    expect(stuck()).toMatchObject({ state: 'failed', error: 'cannot take 2' });
    expect(rows()).toEqual([{ stream: 'sum-a', total: 6, events: 3 }]);
    expect(views.all('SELECT amount FROM failing')).not.toContainEqual({ amount: 2 });
    broken = false;
    expect(await caughtUp()).toBe(true);
    expect(views.all('SELECT amount FROM failing')).toEqual([{ amount: 1 }, { amount: 2 }, { amount: 3 }]);
    expect(stuck()).toMatchObject({ state: 'live', failures: 0, error: undefined });
  });

  it('stops loudly at an event nobody thought of', async () => {
    newHost(sums()).start();
    await events.append('sum-a', 'any', [{ ...added(1), type: 'toString' }]);
    await until(() => host.status()[0]?.state === 'failed');
    expect(host.status()[0]?.error).toContain('no handler for toString');
  });

  it('refuses two projections with one name, or one table', () => {
    newHost(sums());
    expect(() => host.register(sums())).toThrow('named sums');
    expect(() => host.register(sums({ name: 'more' }))).toThrow('table named sums');
    expect(() => host.rebuild('unknown')).toThrow('unknown');
  });

  describe('asked whether a position has passed', () => {
    it('says no when the time is up, the caller leaves, or the host stops', async () => {
      newHost(sums()).start();
      expect(await host.passed('sum-a', 99n, 5)).toBe(false);
      const leaving = new AbortController();
      const left = host.passed('sum-a', 99n, LONG, leaving.signal);
      leaving.abort();
      expect(await left).toBe(false);
      const stopped = host.passed('sum-a', 99n, LONG);
      await host.stop();
      expect(await stopped).toBe(false);
    });

    it('says yes at once for a stream nobody follows', async () =>
      expect(await newHost(sums()).passed('other-1', 99n, LONG)).toBe(true));

    it('turns those away for whom there is no place', async () => {
      newHost(sums()).start();
      const waiting = Array.from({ length: 1_000 }, () => host.passed('sum-a', 1n, LONG));
      expect(await host.passed('sum-a', 1n, LONG)).toBe(false);
      await add('sum-a', 1);
      expect(new Set(await Promise.all(waiting))).toEqual(new Set([true]));
    });
  });
});
