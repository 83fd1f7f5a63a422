import type { DeliveredMessage } from '../queue.port.js';
import { PartitionWork } from './partition-work.js';

const message = (offset: number, weight = 1): DeliveredMessage => ({
  ...{ id: `m${offset}`, key: 'k', weight, headers: {}, body: Buffer.alloc(10) },
  ...{ partition: 0, offset: BigInt(offset), publishedAt: '2030-01-01T00:00:00.000Z' },
});
const from = (next: bigint) => Object.assign(new PartitionWork(0), { next, committed: next });
const takeAll = (work: PartitionWork, window = 100) => {
  const taken: DeliveredMessage[] = [];
  for (let each = work.take(window); each; each = work.take(window)) {
    work.begin(each);
    taken.push(each);
  }
  return taken;
};

describe('the work of a partition', () => {
  it('takes every offset once, however often it is fetched', () => {
    const work = from(5n);
    work.add([message(4), message(5), message(6)], 6n);
    work.add([message(5), message(6), message(7)], 7n);
    expect(takeAll(work).map(({ offset }) => offset)).toEqual([5n, 6n, 7n]);
    expect(work.next).toBe(8n);
  });

  it('commits up to the oldest open message, and never back', () => {
    const work = from(0n);
    work.add([message(0), message(1), message(2)], 2n);
    const [first, second, third] = takeAll(work);
    work.end(third!, true);
    expect(work.toCommit).toBeUndefined();
    work.end(first!, true);
    expect(work.toCommit).toBe(1n);
    work.committed = 1n;
    expect(work.toCommit).toBeUndefined();
    work.end(second!, false);
    expect(work.toCommit).toBeUndefined();
    expect(work).toMatchObject({ openMessages: 1, openWeight: 1, inFlight: 0 });
  });

  it('passes offsets without a message as soon as all before them are settled', () => {
    const work = from(0n);
    work.add([message(0)], 1n);
    work.add([], 4n);
    const [only] = takeAll(work);
    expect(work).toMatchObject({ openMessages: 1, next: 5n });
    expect(work.toCommit).toBeUndefined();
    work.end(only!, true);
    expect(work.toCommit).toBe(5n);
  });

  it('runs only so far ahead of the oldest open message', () => {
    const work = from(0n);
    work.add(
      [0, 1, 2, 3].map((n) => message(n)),
      3n,
    );
    const taken = takeAll(work, 2);
    expect(taken).toHaveLength(2);
    work.end(taken[1]!, true);
    expect(takeAll(work, 2)).toHaveLength(0);
    work.end(taken[0]!, true);
    expect(takeAll(work, 2)).toHaveLength(2);
  });

  it('settles nothing once it is lost', () => {
    const work = from(0n);
    work.add([message(0, 4)], 0n);
    const [only] = takeAll(work);
    work.lost = true;
    work.end(only!, true);
    expect(work.toCommit).toBeUndefined();
  });

  it('knows how much it holds', () => {
    const work = from(0n);
    work.add([message(0, 2), message(1, 3)], 1n);
    expect(work).toMatchObject({ buffered: 2, bufferedBytes: 20, openMessages: 2, openWeight: 5 });
    const [first] = [work.take(10)];
    work.begin(first!);
    work.end(first!, true);
    expect(work).toMatchObject({ buffered: 1, bufferedBytes: 10, openMessages: 1, openWeight: 3 });
  });
});
