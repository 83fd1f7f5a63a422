import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { ReadStore } from './read-store.js';

describe('the read store', () => {
  let store: ReadStore;
  beforeEach(() => {
    store = new ReadStore(':memory:');
    store.exec('CREATE TABLE t (id INTEGER PRIMARY KEY, text TEXT, bytes BLOB)');
  });
  afterEach(() => store.close());

  it('answers rows as plain objects with integers as numbers', () => {
    expect(store.run('INSERT INTO t VALUES (?, ?, ?), (?, ?, ?)', 1, 'a', Buffer.from('x'), 2n, null, null)).toBe(2);
    expect(store.get('SELECT * FROM t WHERE id = ?', 1)).toEqual({ id: 1, text: 'a', bytes: Buffer.from('x') });
    expect(store.get('SELECT * FROM t WHERE id = 9')).toBeUndefined();
    expect(store.all('SELECT id, text FROM t ORDER BY id')).toEqual([
      { id: 1, text: 'a' },
      { id: 2, text: null },
    ]);
    expect([...store.iterate<{ id: number }>('SELECT id FROM t ORDER BY id')].map(({ id }) => id)).toEqual([1, 2]);
  });

  it('keeps all of a transaction or nothing, also of one inside another', () => {
    const insert = (id: number) => store.run('INSERT INTO t (id) VALUES (?)', id);
    const broken = () =>
      store.transaction(() => {
        insert(2);
        throw new Error('broken');
      });
    store.transaction(() => {
      insert(1);
      expect(broken).toThrow('broken');
    });
    expect(broken).toThrow('broken');
    expect(store.all('SELECT id FROM t')).toEqual([{ id: 1 }]);
  });

  it('sees a table in its new shape after it was made anew', () => {
    store.run('INSERT INTO t (id) VALUES (1)');
    expect(store.all('SELECT * FROM t')).toEqual([{ id: 1, text: null, bytes: null }]);
    store.exec('DROP TABLE t; CREATE TABLE t (other TEXT)');
    store.run('INSERT INTO t VALUES (?)', 'o');
    expect(store.all('SELECT * FROM t')).toEqual([{ other: 'o' }]);
  });

  it('is for one process at a time', () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'openoms-views-'));
    const file = path.join(folder, 'views.db');
    const first = new ReadStore(file);
    expect(() => new ReadStore(file)).toThrow(/in use by another process/);
    first.close();
    new ReadStore(file).close();
    rmSync(folder, { recursive: true });
  });
});
