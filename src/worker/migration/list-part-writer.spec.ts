import { connectionReset, faultyStore, StoreFaults } from '../../../test/support/faulty-store.js';
import { MemoryBuckets } from '../../object-store/memory/memory-buckets.js';
import { MemoryStore } from '../../object-store/memory/memory-store.js';
import { StoreError } from '../../object-store/object-store.port.js';
import { ListPartWriter } from './list-part-writer.js';
import { listPartKey } from './task-list-parts.js';

const run = { taskId: '1', groupId: null, stamp: '20300101000000000' };
const { signal } = new AbortController();
const text = (body: string) => Buffer.from(body);

describe('the writer of list parts', () => {
  let buckets: MemoryBuckets;
  let faults: StoreFaults;
  let writer: ListPartWriter;

  beforeEach(() => {
    buckets = new MemoryBuckets(['to']);
    faults = new StoreFaults();
    writer = new ListPartWriter(faultyStore(new MemoryStore(buckets, 'to'), faults), run);
  });

  it('writes what a page has and tells which it was', async () => {
    expect(await writer.write(7, { failed: text('f\n'), success: text('s\n') }, signal)).toEqual({
      lists: ['success', 'failed'],
    });
    const { objects } = buckets.bucket('to');
    expect(objects.get(listPartKey(run, 'failed', 7))?.content.toString()).toBe('f\n');
    expect(objects.get(listPartKey(run, 'success', 7))?.contentType).toBe('text/plain; charset=utf-8');
  });

  it('tells a part that could not be written with the code of the store, and the others', async () => {
    faults.next('put', { kind: 'fail', error: connectionReset() }, { key: listPartKey(run, 'skip', 1) });
    expect(await writer.write(1, { success: text('s'), skip: text('k') }, signal)).toEqual({
      lists: ['success'],
      listErrors: { skip: 'ECONNRESET' },
    });
  });

  it.each(['no-such-bucket', 'bad-credentials'] as const)('cannot go on with %s', async (kind) => {
    faults.next('put', { kind: 'fail', error: new StoreError(kind, 'gone') });
    await expect(writer.write(1, { success: text('s') }, signal)).rejects.toMatchObject({
      side: 'destination',
      failure: { kind },
    });
  });

  it('writes a page over an earlier try of it, whose other parts go', async () => {
    await writer.write(1, { success: text('long ago'), failed: text('f') }, signal);
    const parts = { success: text('now'), skip: text('k') };
    await writer.removeLeftovers(1, parts, signal);
    await writer.write(1, parts, signal);
    const { objects } = buckets.bucket('to');
    expect([...objects.keys()].sort()).toEqual([listPartKey(run, 'skip', 1), listPartKey(run, 'success', 1)]);
    expect(objects.get(listPartKey(run, 'success', 1))?.content.toString()).toBe('now');
  });

  describe('where nothing may be deleted', () => {
    const denied = () => new StoreError('denied', 'nobody deletes here', { backendCode: 'AccessDenied' });
    const failedPart = listPartKey(run, 'failed', 1);

    it('empties the parts of an earlier try, and makes no others', async () => {
      await writer.write(1, { failed: text('f') }, signal);
      faults.always('delete', { kind: 'fail', error: denied() });
      expect(await writer.removeLeftovers(1, { success: text('s') }, signal)).toEqual({});
      const { objects } = buckets.bucket('to');
      expect([...objects].map(([key, { content }]) => [key, content.length])).toEqual([[failedPart, 0]]);
    });

    it('tells what it could not empty', async () => {
      await writer.write(1, { failed: text('f') }, signal);
      faults.always('delete', { kind: 'fail', error: denied() });
      faults.always('put', { kind: 'fail', error: denied() }, { key: failedPart });
      expect(await writer.removeLeftovers(1, { success: text('s') }, signal)).toEqual({ failed: 'AccessDenied' });
    });
  });

  it('ends with the reason of its signal', async () => {
    faults.next('put', { kind: 'stall' });
    const stopping = new AbortController();
    const writing = writer.write(1, { success: text('s') }, stopping.signal);
    stopping.abort(new Error('stopping'));
    await expect(writing).rejects.toThrow('stopping');
  });
});
