import Database from 'better-sqlite3';
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SqliteEventStore } from '../../src/event-store/sqlite/sqlite-event-store.js';
import type { NewEvent } from '../../src/event-store/event-store.port.js';
import { timeOrderedId } from '../../src/kernel/ids.js';

export interface BenchResult {
  readonly name: string;
  readonly figures: Record<string, number | string>;
}

const EVENTS = 200_000;
const WRITERS = [1, 64, 512, 1000, 2000];

const created = (n: number): NewEvent => ({
  id: timeOrderedId(),
  type: 'SyncEventCreated',
  data: { syncTaskId: '5f1e3a52-6f0c-4b0e-9d3c-0a4c2b7c9f11', keys: [keyOf(n)], at: '2030-01-01T00:00:00.000Z' },
  metadata: { correlationId: '01890a5d-ac96-774b-bcce-b302099a8057', actor: 'messaging', schemaVersion: 1 },
});

/** Realistic keys of 60 bytes. */
const keyOf = (n: number): string => `photos/2030/01/01/album-of-the-day/camera-17/image-${String(n).padStart(9, '0')}`;

async function inFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'openoms-bench-'));
  try {
    return await work(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}

const perSecond = (count: number, startedAt: number): number =>
  Math.round(count / ((performance.now() - startedAt) / 1000));

/** Every append is one event that begins a new stream, answered when it is durable. */
const groupCommitted = (writers: number): Promise<number> =>
  inFolder(async (folder) => {
    const count = writers === 1 ? EVENTS / 20 : EVENTS;
    const store = SqliteEventStore.open({ file: join(folder, 'events.db') });
    let next = 0;
    const startedAt = performance.now();
    const write = async () => {
      while (next < count) {
        const event = created(next++);
        await store.append(`syncEvent-${event.id}`, 'no-stream', [event]);
      }
    };
    await Promise.all(Array.from({ length: writers }, write));
    const rate = perSecond(count, startedAt);
    await store.close();
    return rate;
  });

/** What SQLite gives without any event store: one table with one index, the same bytes. */
const bare = (perCommit: number): Promise<number> =>
  inFolder((folder) => {
    const db = new Database(join(folder, 'bare.db'));
    db.pragma('journal_mode = WAL');
    db.pragma('synchronous = FULL');
    db.exec(
      'CREATE TABLE events (position INTEGER PRIMARY KEY, stream TEXT UNIQUE, id BLOB, data TEXT, metadata TEXT)',
    );
    const insert = db.prepare('INSERT INTO events (stream, id, data, metadata) VALUES (?, ?, ?, ?)');
    const startedAt = performance.now();
    for (let n = 0; n < EVENTS; n += perCommit)
      db.transaction(() => {
        for (let m = n; m < n + perCommit; m++) {
          const { id, data, metadata } = created(m);
          insert.run(`syncEvent-${id}`, randomBytes(16), JSON.stringify(data), JSON.stringify(metadata));
        }
      })();
    const rate = perSecond(EVENTS, startedAt);
    db.close();
    return Promise.resolve(rate);
  });

/** Durable appends per second, by number of writers at once, beside bare SQLite. */
export async function benchAppend(): Promise<BenchResult[]> {
  const figures: Record<string, number> = {};
  for (const writers of WRITERS) figures[`${writers} writers, events/s`] = await groupCommitted(writers);
  figures['bare better-sqlite3, 100 a commit, events/s'] = await bare(100);
  return [{ name: 'event store append, group-committed, synchronous=FULL', figures }];
}
