import Database from 'better-sqlite3';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { QueueUnavailable, type DeadLetter } from '../queue.port.js';
import { DeadLetterIndex, type LogEntry } from './dead-letter-index.js';
import { letterKey } from './records.js';

const letter = (offset: number): DeadLetter => ({
  ...{ id: `m${offset}`, key: 'k', weight: 2, headers: { a: 'b' }, body: Buffer.from([offset]) },
  ...{ partition: 1, offset: BigInt(offset), publishedAt: '2030-01-01T00:00:00.000Z' },
  ...{ reason: 'not-decodable', cause: 'no JSON', deadAt: '2030-01-02T00:00:00.000Z' },
});
const record = (offset: number) => ({ key: letterKey(letter(offset)), letter: letter(offset), truncated: false });
const put = (deadOffset: number, offset: number): LogEntry => ({
  ...{ offset: BigInt(deadOffset), timestamp: `${1000 + deadOffset}`, record: record(offset), removes: undefined },
});
const end = (deadOffset: number, offset: number): LogEntry => ({
  ...{ offset: BigInt(deadOffset), timestamp: '1', record: undefined, removes: letterKey(letter(offset)) },
});

describe('the index of dead letters', () => {
  let folder: string;
  let file: string;
  let index: DeadLetterIndex;
  const reopen = (topic = 't') => {
    index.close();
    index = DeadLetterIndex.open(file, topic);
  };
  const offsets = () => index.list(10, -1n).map(({ deadOffset }) => deadOffset);

  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'openoms-index-'));
    file = path.join(folder, 'letters.db');
    index = DeadLetterIndex.open(file, 't');
  });
  afterEach(async () => {
    index.close();
    await rm(folder, { recursive: true });
  });

  it('gives letters back as they were, oldest first, and remembers how far it read', () => {
    index.apply([put(3, 7), put(4, 8)], 5n);
    reopen();
    expect(index.list(1, -1n)).toEqual([{ ...letter(7), deadOffset: 3n }]);
    expect(index.list(9, 3n)).toEqual([{ ...letter(8), deadOffset: 4n }]);
    expect(index).toMatchObject({ next: 5n, count: 2, newestSeen: { offset: 4n, timestamp: '1004' } });
  });

  it('forgets a letter at its end', () => {
    index.apply([put(0, 7), put(1, 8), end(2, 7)], 3n);
    expect(offsets()).toEqual([1n]);
    expect(index.has(letterKey(letter(7)))).toBe(false);
    expect(index.has(letterKey(letter(8)))).toBe(true);
  });

  it('has one letter of a message that was buried twice', () => {
    index.apply([put(0, 7), put(1, 7)], 2n);
    expect(offsets()).toEqual([1n]);
    expect(index.count).toBe(1);
  });

  it('takes a letter of this process before the topic shows it, but not again after its end', () => {
    index.add(0n, record(7));
    expect(offsets()).toEqual([0n]);
    index.apply([put(0, 7), end(1, 7)], 2n);
    index.add(0n, record(7));
    expect(offsets()).toEqual([]);
  });

  it('changes nothing by what it has read already', () => {
    index.apply([put(0, 7), end(1, 7)], 2n);
    index.apply([put(0, 7)], 1n);
    expect(index).toMatchObject({ count: 0, next: 2n });
  });

  it('tells what is buried of a partition', () => {
    index.apply([put(0, 7), put(1, 8), put(2, 9)], 3n);
    expect(index.loadFrom(1, 8n)).toEqual({ messages: 2, weight: 4 });
    expect(index.loadFrom(0, 0n)).toEqual({ messages: 0, weight: 0 });
  });

  it('lets go what its topic has let go', () => {
    index.apply([put(0, 7), put(1, 8)], 2n);
    index.removeBefore(1n);
    expect(offsets()).toEqual([1n]);
  });

  it('begins again for another topic', () => {
    index.apply([put(0, 7)], 1n);
    reopen('other');
    expect(index).toMatchObject({ next: 0n, count: 0, newestSeen: undefined });
  });

  it('begins again when its file is none', async () => {
    index.close();
    await writeFile(file, 'this is no database, but long enough to be taken for the header of one'.repeat(20));
    index = DeadLetterIndex.open(file, 't');
    index.apply([put(0, 7)], 1n);
    expect(index.count).toBe(1);
  });

  it('begins again when its file is of another version', () => {
    index.apply([put(0, 7)], 1n);
    index.close();
    const other = new Database(file);
    other.pragma('user_version = 99');
    other.close();
    index = DeadLetterIndex.open(file, 't');
    expect(index).toMatchObject({ next: 0n, count: 0 });
  });

  it('has its file for itself', () => {
    expect(() => DeadLetterIndex.open(file, 't')).toThrow(QueueUnavailable);
    expect(() => DeadLetterIndex.open(file, 't')).toThrow('in use by another process');
  });
});
