import { Readable } from 'node:stream';
import { AnswerStream } from './answer-stream.js';

/** A call that counts what has been read from it, and ends with its failure, if any. */
function call(count: number, failure?: Error) {
  const state = { produced: 0, cancelled: false };
  function* answers() {
    while (state.produced < count) yield state.produced++;
    if (failure) throw failure;
  }
  const readable = Readable.from(answers());
  const cancel = () => {
    state.cancelled = true;
    readable.destroy();
  };
  return { state, call: Object.assign(readable, { cancel }) };
}
const turns = async (count = 20) => {
  for (let turn = 0; turn < count; turn++) await new Promise((resolve) => setImmediate(resolve));
};
const all = async (answers: AnswerStream<number>): Promise<number[]> => {
  const taken: number[] = [];
  for (;;) {
    const more = await answers.take(1000);
    if (more === 'ended' || more === 'quiet') return taken;
    taken.push(...more.answers);
  }
};

describe('the answers of a call', () => {
  it('come in order, many at once', async () => {
    const answers = new AnswerStream<number>(call(5000).call, () => 1);
    expect(await all(answers)).toEqual(Array.from({ length: 5000 }, (_, n) => n));
  });

  it.each([
    ['answers', 1, 1_000],
    ['bytes', 1024 * 1024, 4],
  ])('are not read while too many %s wait', async (_what, bytes, bound) => {
    const { state, call: endless } = call(Infinity);
    const answers = new AnswerStream<number>(endless, () => bytes);
    await turns(3000);
    expect(state.produced).toBeGreaterThanOrEqual(bound);
    expect(state.produced).toBeLessThanOrEqual(bound + 2 * endless.readableHighWaterMark);
    const taken = await answers.take(1000);
    expect(taken).toMatchObject({ answers: expect.arrayContaining([0, bound - 1]) as number[] });
    await turns(3000);
    expect(state.produced).toBeGreaterThanOrEqual(2 * bound);
    answers.cancel();
    expect(state.cancelled).toBe(true);
  });

  it('come before the failure of their call', async () => {
    const answers = new AnswerStream<number>(call(3, new Error('broken')).call, () => 1);
    await turns();
    expect(await answers.take(1000)).toEqual({ answers: [0, 1, 2] });
    await expect(answers.take(1000)).rejects.toThrow('broken');
  });

  it('end without error for a reader who waits when they are cancelled', async () => {
    const silent = new Readable({ objectMode: true, read: () => undefined });
    const cancel = () => silent.destroy(new Error('cancelled'));
    const answers = new AnswerStream<number>(Object.assign(silent, { cancel }), () => 1);
    expect(await answers.take(5)).toBe('quiet');
    const taking = answers.take(60_000);
    answers.cancel();
    expect(await taking).toBe('ended');
    expect(await answers.take(60_000)).toBe('ended');
  });
});
