import { QueueFull, type QueueMessage } from '../queue.port.js';
import { Backlog } from './backlog.js';
import { PartitionWork } from './partition-work.js';
import type { PartitionProgress } from './progress-poll.js';

const message = (weight = 1): QueueMessage => ({ id: 'm', key: 'k', weight, headers: {}, body: Buffer.alloc(0) });
const seen = (progress: PartitionProgress, partition = 0) => ({
  partitions: new Map([[partition, progress]]),
  ...{ deadLetters: { low: 0n, high: 0n }, askedAt: 0 },
});

describe('the backlog', () => {
  let work: PartitionWork | undefined;
  let backlog: Backlog;
  beforeEach(() => {
    work = undefined;
    backlog = new Backlog(10, () => work);
    backlog.observe(seen({ low: 0n, high: 0n, committed: undefined }));
  });
  const publish = (offset: bigint, weight: number, marks = 0) =>
    backlog.published([message(weight)], [{ partition: 0, offset }], marks);

  it('counts what others published by its offsets', () => {
    backlog.observe(seen({ low: 3n, high: 9n, committed: undefined }));
    expect(backlog.load()).toEqual({ messages: 6, weight: 6 });
    backlog.observe(seen({ low: 3n, high: 9n, committed: 7n }));
    expect(backlog.load()).toEqual({ messages: 2, weight: 2 });
  });

  it('knows the weight of what this process published, until it is committed', () => {
    publish(0n, 4);
    publish(1n, 5);
    expect(backlog.load()).toEqual({ messages: 2, weight: 9 });
    backlog.committed(0, 1n);
    expect(backlog.load()).toEqual({ messages: 1, weight: 5 });
  });

  it('does not take an older answer of the brokers for news', () => {
    publish(0n, 1);
    backlog.committed(0, 1n);
    backlog.observe(seen({ low: 0n, high: 0n, committed: undefined }));
    expect(backlog.load()).toEqual({ messages: 0, weight: 0 });
    expect(backlog.offsets()).toEqual([{ partition: 0, newest: 0n, committed: 0n }]);
  });

  it('does not count the end of a transaction', () => {
    publish(0n, 2, 1);
    expect(backlog.load()).toEqual({ messages: 1, weight: 2 });
    backlog.observe(seen({ low: 0n, high: 2n, committed: undefined }));
    expect(backlog.load()).toEqual({ messages: 1, weight: 2 });
  });

  it('knows exactly what this process has in hand', () => {
    publish(0n, 4);
    publish(1n, 5);
    work = Object.assign(new PartitionWork(0), { next: 1n, openMessages: 0, openWeight: 0 });
    expect(backlog.load()).toEqual({ messages: 1, weight: 5 });
  });

  it('leaves out what is buried behind an open message', () => {
    backlog.observe(seen({ low: 0n, high: 5n, committed: undefined }));
    expect(backlog.load(() => ({ messages: 2, weight: 2 }))).toEqual({ messages: 3, weight: 3 });
  });

  it('takes what others published to weigh what is typical', () => {
    for (let n = 0; n < 500; n++) backlog.weighed(3);
    backlog.observe(seen({ low: 0n, high: 10n, committed: undefined }));
    expect(backlog.load()).toEqual({ messages: 10, weight: 30 });
  });

  it('has room up to its bound, and gives room back', () => {
    const release = backlog.reserve([message(6), message(4)]);
    expect(() => backlog.reserve([message(1)])).toThrow(QueueFull);
    release();
    publish(0n, 9);
    expect(() => backlog.reserve([message(2)])).toThrow(QueueFull);
    backlog.reserve([message(1)]);
  });

  it('forgets what it knew of a topic that was made anew', () => {
    backlog.observe(seen({ low: 5n, high: 9n, committed: 7n }));
    backlog.observe(seen({ low: 0n, high: 1n, committed: undefined }));
    expect(backlog.load()).toEqual({ messages: 1, weight: 1 });
  });
});
