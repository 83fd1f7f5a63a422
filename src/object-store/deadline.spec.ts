import { Deadline } from './deadline.js';

const LONG_MS = 60_000;
const never = new AbortController().signal;

describe('a deadline', () => {
  it('aborts with its parent, also with one that aborted before', () => {
    const parent = new AbortController();
    const [before, told] = [new Deadline(parent.signal, LONG_MS), [] as string[]];
    before.whenAborted(() => told.push('aborted'));
    const reason = new Error('over');
    parent.abort(reason);
    const after = new Deadline(parent.signal, LONG_MS);
    after.whenAborted(() => told.push('aborted already'));
    expect([before.signal.reason, after.signal.reason]).toEqual([reason, reason]);
    expect([before.expired, after.expired]).toEqual([false, false]);
    expect(told).toEqual(['aborted', 'aborted already']);
  });

  it('aborts when its time is over, but for those that are excused', async () => {
    let excuses = 2;
    const deadline = new Deadline(never, 5, () => excuses-- > 0);
    await new Promise<void>((resolve) => deadline.whenAborted(resolve));
    expect(excuses).toBe(-1);
    expect(deadline.expired).toBe(true);
    expect(deadline.signal.reason).toMatchObject({ name: 'TimeoutError' });
  });

  it('hands its signal on to the next one when it is closed, and no longer follows its parent', () => {
    const parent = new AbortController();
    const first = new Deadline(parent.signal, LONG_MS);
    const { signal } = first;
    first.close();
    first.close();
    const second = new Deadline(never, LONG_MS);
    const third = new Deadline(never, LONG_MS);
    expect(second.signal).toBe(signal);
    expect(third.signal).not.toBe(signal);
    parent.abort();
    first.arm(1);
    expect(second.signal.aborted).toBe(false);
    second.close();
    third.close();
  });

  it('keeps a signal that aborted to itself', () => {
    const parent = new AbortController();
    const first = new Deadline(parent.signal, LONG_MS);
    parent.abort();
    first.close();
    const second = new Deadline(never, LONG_MS);
    expect(second.signal.aborted).toBe(false);
    second.close();
  });
});
