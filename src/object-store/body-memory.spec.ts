import { jest } from '@jest/globals';
import { giveBack, memoryFor, takeBlock } from './body-memory.js';

const KIB = 1024;
/** Nothing is kept for longer when it is not used. */
const LONG_MS = 5000;

beforeAll(() => {
  jest.useFakeTimers();
});
afterEach(() => {
  jest.advanceTimersByTime(LONG_MS);
});
afterAll(() => {
  jest.useRealTimers();
});

describe('memory for a body that comes whole', () => {
  it.each([1, 4 * KIB, 20 * KIB, 100 * KIB, 256 * KIB, 257 * KIB, 1024 * KIB, 1024 * KIB + 1, 3000 * KIB])(
    'has its size: %d bytes',
    (bytes) => expect(memoryFor(bytes)).toHaveLength(bytes),
  );

  it.each([20, 100, 600])('is used for the next one once it was given back: %d KiB', (kib) => {
    const first = memoryFor(kib * KIB);
    giveBack(first);
    expect(memoryFor(kib * KIB - 1).buffer).toBe(first.buffer);
  });

  it('may be given back in pieces, and is not used before the last', () => {
    const first = memoryFor(600 * KIB);
    giveBack(first.subarray(100));
    expect(memoryFor(600 * KIB).buffer).not.toBe(first.buffer);
    giveBack(first.subarray(0, 100));
    expect(memoryFor(600 * KIB).buffer).toBe(first.buffer);
  });

  it('is not used again while it is out', () => {
    const all = Array.from({ length: 40 }, () => memoryFor(600 * KIB));
    expect(new Set(all.map(({ buffer }) => buffer)).size).toBe(all.length);
  });

  it('is kept within bounds', () => {
    const all = Array.from({ length: 80 }, () => memoryFor(600 * KIB));
    const buffers = new Set(all.map(({ buffer }) => buffer));
    for (const each of all) giveBack(each);
    const again = Array.from({ length: 80 }, () => memoryFor(600 * KIB)).filter(({ buffer }) => buffers.has(buffer));
    expect(again.length).toBeGreaterThan(50);
    expect(again.length).toBeLessThanOrEqual(64);
  });

  it('is not kept for longer than it is of use', () => {
    const first = memoryFor(600 * KIB);
    giveBack(first);
    jest.advanceTimersByTime(LONG_MS);
    expect(memoryFor(600 * KIB).buffer === first.buffer).toBe(false);
  });

  it('is kept while it is of use, and only as much of it as is', () => {
    const all = Array.from({ length: 4 }, () => memoryFor(600 * KIB));
    const buffers = new Set(all.map(({ buffer }) => buffer));
    for (const each of all) giveBack(each);
    for (let second = 0; second < LONG_MS / 1000; second++) {
      jest.advanceTimersByTime(1000);
      giveBack(memoryFor(600 * KIB));
    }
    const again = [memoryFor(600 * KIB), memoryFor(600 * KIB)].filter(({ buffer }) => buffers.has(buffer));
    expect(again).toHaveLength(1);
  });

  it('from elsewhere is left alone', () => {
    expect(() => giveBack(Buffer.from('elsewhere'))).not.toThrow();
    expect(() => giveBack(memoryFor(3000 * KIB))).not.toThrow();
  });
});

describe('a block', () => {
  it('is used again only when it was closed and all that was handed on came back', () => {
    const block = takeBlock(256 * KIB);
    block.handOn(10);
    block.handOn(20);
    block.takeBack(30);
    expect(takeBlock(256 * KIB)).not.toBe(block);
    block.handOn(5);
    block.close();
    expect(takeBlock(256 * KIB)).not.toBe(block);
    block.takeBack(5);
    expect(takeBlock(256 * KIB)).toBe(block);
  });
});
