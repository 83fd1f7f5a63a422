import { ManualTime, settle } from '../../test/support/manual-time.js';
import { TokenBucket } from './token-bucket.js';

const never = new AbortController().signal;

let time: ManualTime;
/** Who was let go, in order. */
let passed: string[];

beforeEach(() => {
  time = new ManualTime();
  passed = [];
});

const take = (bucket: TokenBucket, name: string, bytes: number, signal = never): void => {
  const turn = bucket.take(bytes, signal);
  if (turn === undefined) passed.push(name);
  else
    void turn.then(
      () => passed.push(name),
      () => passed.push(`${name} gave up`),
    );
};

/** Takes again and again, `width` takers at once, for so long; answers the bytes taken. */
async function saturate(bucket: TokenBucket, pieceBytes: number, width: number, ms: number): Promise<number> {
  let taken = 0;
  const stops = Array.from({ length: width }, () => new AbortController());
  const taker = async ({ signal }: AbortController): Promise<void> => {
    while (!signal.aborted) {
      await (bucket.take(pieceBytes, signal) ?? settle());
      taken += pieceBytes;
    }
  };
  const takers = stops.map((stop) => taker(stop).catch(() => undefined));
  await time.advance(ms);
  for (const stop of stops) stop.abort(new Error('enough'));
  await Promise.all(takers);
  return taken;
}

it('lets everything pass at once and sets no timer without a limit', () => {
  const bucket = new TokenBucket(time);
  take(bucket, 'a', 1e12);
  take(bucket, 'b', 1e12);
  expect(passed).toEqual(['a', 'b']);
  expect(bucket.holdsBack).toBe(false);
});

it.each([
  [4 * 1024, 64],
  [64 * 1024, 64],
  [1024 * 1024, 3],
])('keeps to the rate with pieces of %d bytes', async (pieceBytes, width) => {
  const rate = 1_048_576;
  const taken = await saturate(new TokenBucket(time, rate), pieceBytes, width, 10_000);
  expect(taken / (10 * rate)).toBeGreaterThan(0.97);
  expect(taken / (10 * rate)).toBeLessThan(1.11);
});

it('saves up no more than a quarter of a second', async () => {
  const bucket = new TokenBucket(time, 1000);
  await time.advance(60_000);
  for (let at = 0; at < 400 && !bucket.holdsBack; at++) take(bucket, 'x', 1);
  expect(passed.length).toBeLessThanOrEqual(251);
});

it('serves in the order of asking, and those who begin something after all others', async () => {
  const bucket = new TokenBucket(time, 1000);
  take(bucket, 'a', 1000);
  const late = bucket.takeSurplus(500, never)?.then(() => passed.push('late'));
  take(bucket, 'b', 1000);
  take(bucket, 'c', 10);
  expect(passed).toEqual(['a']);
  expect(bucket.holdsBack).toBe(true);
  await time.advance(1001);
  expect(passed).toEqual(['a', 'b']);
  await time.advance(1000);
  expect(passed).toEqual(['a', 'b', 'c']);
  await time.advance(11);
  await late;
  expect(passed).toEqual(['a', 'b', 'c', 'late']);
});

it('takes nothing for who gave up, and lets the next one go', async () => {
  const bucket = new TokenBucket(time, 1000);
  const stop = new AbortController();
  take(bucket, 'a', 1000);
  take(bucket, 'b', 1_000_000, stop.signal);
  take(bucket, 'c', 10);
  stop.abort(new Error('stop'));
  await time.advance(1001);
  expect(passed).toEqual(['a', 'b gave up', 'c']);
  await expect(bucket.take(1, stop.signal)).rejects.toThrow('stop');
});

it('takes back what was not needed', async () => {
  const bucket = new TokenBucket(time, 1000);
  take(bucket, 'a', 1000);
  take(bucket, 'b', 10);
  bucket.giveBack(1000);
  await settle();
  expect(passed).toEqual(['a', 'b']);
});

it('follows a change of the rate at once, also to none', async () => {
  const bucket = new TokenBucket(time, 10);
  take(bucket, 'a', 1000);
  take(bucket, 'b', 1000);
  take(bucket, 'c', 1000);
  await time.advance(500);
  expect(passed).toEqual(['a']);
  bucket.setRate(10_000);
  await settle();
  expect(passed).toEqual(['a', 'b']);
  await time.advance(101);
  expect(passed).toEqual(['a', 'b', 'c']);
  bucket.setRate(1);
  take(bucket, 'd', 1000);
  take(bucket, 'e', 1000);
  bucket.setRate(undefined);
  await settle();
  expect(passed).toEqual(['a', 'b', 'c', 'd', 'e']);
});
