import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { QueueUnavailable, type QueueMessage } from '../queue.port.js';
import { EmbeddedQueue } from './embedded-queue.js';

const message = (id: string): QueueMessage => ({ id, key: 'k', weight: 1, headers: {}, body: Buffer.from(id) });

describe('the embedded queue', () => {
  let folder: string;
  let file: string;
  let queue: EmbeddedQueue | undefined;

  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'openoms-queue-'));
    file = path.join(folder, 'queue.db');
  });
  afterEach(async () => {
    await queue?.close();
    queue = undefined;
    await rm(folder, { recursive: true });
  });

  it('has its file for itself until it is closed', async () => {
    queue = EmbeddedQueue.open({ file, maxUnsettledWeight: 1 });
    expect(() => EmbeddedQueue.open({ file, maxUnsettledWeight: 1 })).toThrow('in use by another process');
    await queue.close();
    queue = EmbeddedQueue.open({ file, maxUnsettledWeight: 1 });
  });

  it('says which file it cannot open', async () => {
    await writeFile(file, 'this is no database, but long enough to be taken for the header of one'.repeat(20));
    expect(() => EmbeddedQueue.open({ file, maxUnsettledWeight: 1 })).toThrow(QueueUnavailable);
    expect(() => EmbeddedQueue.open({ file, maxUnsettledWeight: 1 })).toThrow(file);
  });

  it('refuses a bound that is none, and leaves the file free', () => {
    expect(() => EmbeddedQueue.open({ file, maxUnsettledWeight: 0 })).toThrow('at least 1');
    queue = EmbeddedQueue.open({ file, maxUnsettledWeight: 1 });
  });

  it('gives the room back and keeps nothing when a transaction fails', async () => {
    queue = EmbeddedQueue.open({ file, maxUnsettledWeight: 2 });
    const unreadable = {
      get broken(): string {
        throw new Error('fails inside the transaction');
      },
    };
    const together = [queue.publish([message('a')]), queue.publish([{ ...message('b'), headers: unreadable }])];
    for (const { status } of await Promise.allSettled(together)) expect(status).toBe('rejected');
    await expect(together[0]).rejects.toThrow(QueueUnavailable);
    expect(await queue.stats()).toMatchObject({ unsettledMessages: 0, unsettledWeight: 0 });
    await queue.publish([message('c'), message('d')]);
    const got: string[] = [];
    const stopping = new AbortController();
    await queue.consume(
      { maxInFlight: 1 },
      ({ id }) => {
        if (got.push(id) === 2) stopping.abort();
        return Promise.resolve({ kind: 'done' });
      },
      stopping.signal,
    );
    expect(got).toEqual(['c', 'd']);
  });
});
