import Database from 'better-sqlite3';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, statSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EventStoreUnavailable } from '../../src/event-store/event-store.port.js';
import { SqliteEventStore } from '../../src/event-store/sqlite/sqlite-event-store.js';
import type { SqliteEventStoreOptions } from '../../src/event-store/sqlite/sqlite-event-store.js';
import { EventSchemas } from '../../src/event-store/upcast.js';
import { timeOrderedId } from '../../src/kernel/ids.js';
import { ManualClock } from '../support/manual-clock.js';
import { describeEventStore } from './event-store.contract.js';
import { collect, happened, stream } from './event-store-support.js';
import type { OpenStore } from './event-store-support.js';

let folder: string;
let files = 0;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'openoms-events-'));
});
afterAll(() => rm(folder, { recursive: true }));

const newFile = (): string => join(folder, `events-${++files}.db`);
const open: OpenStore = (options = {}) => Promise.resolve(SqliteEventStore.open({ ...options, file: newFile() }));

describe('the SQLite event store', () =>
  describeEventStore({ open, ageing: () => Promise.resolve({ open, clock: new ManualClock() }) }));

describe('the SQLite file', () => {
  let store: SqliteEventStore | undefined;
  afterEach(() => store?.close());

  /** Closes what is open and opens the file. */
  const reopen = async (file: string, options: Partial<SqliteEventStoreOptions> = {}): Promise<SqliteEventStore> => {
    await store?.close();
    return (store = SqliteEventStore.open({ ...options, file }));
  };

  it('shows everything after it is opened again, and positions go on', async () => {
    const [file, name] = [newFile(), stream()];
    const first = await reopen(file);
    await first.append(name, 'any', [happened({ n: 0 }), happened({ n: 1 }, undefined, 'Other')]);
    const before = await collect(first.readAll(undefined));
    const second = await reopen(file);
    expect(await collect(second.readAll(undefined))).toEqual(before);
    const { position, revision } = await second.append(name, 1n, [happened()]);
    expect([position > (before.at(-1)?.position ?? 0n), revision]).toEqual([true, 2n]);
  });

  it('never gives a position out again, even if the newest events were deleted or expired', async () => {
    const [file, clock, aged, deleted] = [newFile(), new ManualClock(), stream(), stream()];
    const first = await reopen(file, { clock });
    await first.setMaxAge(aged, 10);
    await first.append(deleted, 'any', [happened()]);
    const gone = await first.append(aged, 'any', [happened(), happened()]);
    await first.delete(deleted);
    clock.advance(20_000);
    expect(await first.removeExpired()).toBe(2);
    const second = await reopen(file, { clock });
    expect(await second.head()).toBe(gone.position);
    const after = await second.append(aged, 'any', [happened()]);
    expect([after.position > gone.position, after.revision]).toEqual([true, 2n]);
  });

  it('removes expired events from the middle of the log in bounded passes', async () => {
    const [clock, aged, kept] = [new ManualClock(), stream('aged'), stream('kept')];
    const opened = await reopen(newFile(), { clock });
    await opened.setMaxAge(aged, 10);
    for (let n = 0; n < 50; n++)
      for (const name of [aged, kept])
        await opened.append(
          name,
          'any',
          Array.from({ length: 50 }, () => happened()),
        );
    clock.advance(20_000);
    const removed = [await opened.removeExpired(), await opened.removeExpired(), await opened.removeExpired()];
    expect(removed).toEqual([1000, 1000, 500]);
    expect(await collect(opened.readAll(undefined))).toHaveLength(2500);
  });

  it('spends less than 1 KiB on a sync event of one key, created and settled', async () => {
    const [file, count] = [newFile(), 5000];
    const opened = await reopen(file);
    const before = statSync(file).size;
    const at = '2030-01-01T00:00:00.000Z';
    const [syncTaskId, key] = [timeOrderedId(), 'photos/2030/01/01/album-of-the-day/camera-17/image-000000001'];
    const event = (type: string, data: object) => ({
      ...{ id: timeOrderedId(), type, data: { syncTaskId, ...data, at } },
      metadata: { correlationId: timeOrderedId(), causationId: timeOrderedId(), actor: 'worker', schemaVersion: 1 },
    });
    const outcome = { key, outcome: 'synced', size: 123_456, proof: 'md5' };
    const one = async () => {
      const name = `syncEvent-${timeOrderedId()}`;
      await opened.append(name, 'no-stream', [event('SyncEventCreated', { keys: [key] })]);
      await opened.append(name, 0n, [event('SyncEventSettled', { outcomes: [outcome] })]);
    };
    await Promise.all(Array.from({ length: count }, one));
    await opened.close();
    const bytes = (statSync(file).size - before) / count;
    expect(bytes).toBeLessThan(1024);
  });

  describe('once a stream is deleted', () => {
    const sentinel = 'SENTINEL-b7d1c1';
    const holdsSentinel = (file: string): boolean => {
      const names = [file, `${file}-wal`];
      return names.some((name) => readFileSync(name).includes(sentinel));
    };
    const withSecret = async (file: string) => {
      const [opened, name] = [await reopen(file), stream('credential')];
      await opened.append(name, 'any', [happened({ sentinel })]);
      await opened.append(stream(), 'any', [happened()]);
      expect(holdsSentinel(file)).toBe(true);
      return { opened, name };
    };

    it('holds nothing of it any more, nor does its log', async () => {
      const file = newFile();
      const { opened, name } = await withSecret(file);
      await opened.delete(name);
      expect(holdsSentinel(file)).toBe(false);
    });

    it('catches up on that when somebody was reading the file meanwhile', async () => {
      const file = newFile();
      const { opened, name } = await withSecret(file);
      const backup = new Database(file, { readonly: true });
      backup.exec('BEGIN');
      backup.prepare('SELECT count(*) FROM events').get();
      await opened.delete(name);
      expect(holdsSentinel(file)).toBe(true);
      backup.close();
      await opened.append(stream(), 'any', [happened()]);
      expect(holdsSentinel(file)).toBe(false);
    });
  });

  it('is refused while it is in use, and free again after close', async () => {
    const file = newFile();
    const first = SqliteEventStore.open({ file });
    expect(() => SqliteEventStore.open({ file })).toThrow('is in use by another process');
    await first.close();
    await expect(reopen(file)).resolves.toBeInstanceOf(SqliteEventStore);
  });

  it('is refused when a newer release wrote it, when it is of another program, and when it is no database', async () => {
    const [newer, foreign, text] = [newFile(), newFile(), newFile()];
    await (await reopen(newer)).close();
    const edit = new Database(newer);
    edit.pragma('user_version = 2');
    edit.close();
    const other = new Database(foreign);
    other.exec('CREATE TABLE notes (text)');
    other.close();
    await writeFile(text, 'not a database, but long enough to look like one'.repeat(100));
    expect(() => SqliteEventStore.open({ file: newer })).toThrow('has schema version 2; this release reads version 1');
    expect(() => SqliteEventStore.open({ file: foreign })).toThrow('is not an event store of OpenOMS');
    expect(() => SqliteEventStore.open({ file: text })).toThrow(EventStoreUnavailable);
  });

  it('upcasts on read and leaves what is stored', async () => {
    const [file, name] = [newFile(), stream()];
    await (await reopen(file)).append(name, 'any', [happened({ n: 1 })]);
    const steps = { 1: (data: object) => ({ ...data, added: true }) };
    const later = await reopen(file, { schemas: new EventSchemas({ Happened: { version: 2, steps } }) });
    const expected = [{ data: { n: 1, added: true }, metadata: { schemaVersion: 2 } }];
    expect((await later.read(name)).events).toMatchObject(expected);
    expect(await collect(later.readAll(undefined))).toMatchObject(expected);
    expect((await (await reopen(file)).read(name)).events[0]?.data).toEqual({ n: 1 });
  });

  it('refuses appends beyond its bound and takes them again later', async () => {
    const opened = await reopen(newFile(), { maxPending: 3 });
    const results = await Promise.allSettled(
      Array.from({ length: 5 }, () => opened.append(stream(), 'any', [happened()])),
    );
    expect(results.map(({ status }) => status)).toEqual([
      ...Array<string>(3).fill('fulfilled'),
      'rejected',
      'rejected',
    ]);
    expect(results[4]).toMatchObject({ reason: { name: 'EventStoreUnavailable' } });
    await expect(opened.append(stream(), 'any', [happened()])).resolves.toMatchObject({ revision: 0n });
  });

  it('rejects a batch in which the disk fails, keeps nothing of it, and works on afterwards', async () => {
    const file = newFile();
    const opened = await reopen(file);
    await opened.append('s-1', 'any', [happened()]);
    const disk = new Database(file);
    disk.exec(`CREATE TRIGGER broken BEFORE INSERT ON events WHEN new.data LIKE '%poison%'
               BEGIN SELECT RAISE(ABORT, 'disk I/O error'); END`);
    const results = await Promise.allSettled([
      opened.append('new-1', 'any', [happened({}, undefined, 'FirstOfItsKind')]),
      opened.append('s-1', 0n, [happened({ poison: 1 })]),
    ]);
    for (const result of results) expect(result).toMatchObject({ reason: { name: 'EventStoreUnavailable' } });
    disk.exec('DROP TRIGGER broken');
    disk.close();
    expect(await opened.head()).toBe(1n);
    const after = await opened.append('new-1', 'no-stream', [happened({}, undefined, 'FirstOfItsKind')]);
    expect(after).toEqual({ revision: 0n, position: 2n });
    expect((await (await reopen(file)).read('new-1')).events).toMatchObject([{ type: 'FirstOfItsKind' }]);
  });

  it('is unavailable while a stranger holds the file, and recovers', async () => {
    const file = newFile();
    const opened = await reopen(file);
    const stranger = new Database(file);
    stranger.exec('BEGIN IMMEDIATE');
    await expect(opened.append('s-1', 'any', [happened()])).rejects.toBeInstanceOf(EventStoreUnavailable);
    stranger.exec('ROLLBACK');
    stranger.close();
    await expect(opened.append('s-1', 'any', [happened()])).resolves.toEqual({ revision: 0n, position: 1n });
  });

  it('has every acknowledged append after kill -9, and lets the next process in at once', async () => {
    const file = newFile();
    const script = new URL('./event-store-sqlite.writer.ts', import.meta.url).pathname;
    for (const run of [1, 2, 3]) {
      const child = spawn(process.execPath, ['--import', 'tsx', script, `${file}-${run}`], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      let printed = '';
      for await (const text of child.stdout.setEncoding('utf8')) {
        printed += String(text);
        if (printed.length > 37 * 500 * run && !child.killed) {
          expect(() => SqliteEventStore.open({ file: `${file}-${run}` })).toThrow('in use by another process');
          child.kill('SIGKILL');
        }
      }
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
      const events = await collect((await reopen(`${file}-${run}`)).readAll(undefined));
      const stored = new Set(events.map(({ id }) => id));
      const acknowledged = printed.split('\n').slice(0, -1);
      expect(acknowledged.length).toBeGreaterThan(500 * run);
      expect(acknowledged.filter((id) => !stored.has(id))).toEqual([]);
      expect(events.every(({ position }, index) => position === BigInt(index + 1))).toBe(true);
    }
  });
});
