import { giveBack } from '../body-memory.js';
import { SlabReader } from './read-slabs.js';

/** Reads that many bytes of one value, as a socket would, and hands them on. */
function read(reader: SlabReader, bytes: number, value: number): Buffer {
  const room = reader.room();
  const chunk = room.subarray(0, bytes);
  chunk.fill(value);
  reader.read(chunk.length);
  reader.handOn(chunk);
  reader.next();
  return chunk;
}

const SLAB_BYTES = 256 * 1024;
const uses = (reader: SlabReader, chunk: Buffer): boolean => reader.room().buffer === chunk.buffer;

describe('the memory that bodies are read into', () => {
  it('is not read into again while a byte of it is out', () => {
    const reader = new SlabReader();
    const first = read(reader, SLAB_BYTES / 2, 1);
    const second = read(reader, SLAB_BYTES / 2, 2);
    expect(second.buffer).toBe(first.buffer);
    giveBack(first);
    giveBack(second.subarray(0, 1000));
    for (let at = 0; at < 10; at++) read(reader, SLAB_BYTES, 3);
    expect(second.every((byte) => byte === 2)).toBe(true);
  });

  it('is used for the next body once all of it was given back, in whatever pieces and order', () => {
    const reader = new SlabReader();
    const first = read(reader, 1000, 1);
    const second = read(reader, SLAB_BYTES - 1000, 2);
    for (let at = second.length; at > 0; at -= 10_000) giveBack(second.subarray(Math.max(0, at - 10_000), at));
    expect(uses(new SlabReader(), first)).toBe(false);
    giveBack(first);
    expect(uses(new SlabReader(), first)).toBe(true);
  });

  it('waits for the reader to be done with it, too', () => {
    const reader = new SlabReader();
    const chunk = read(reader, 1000, 1);
    giveBack(chunk);
    expect(uses(new SlabReader(), chunk)).toBe(false);
    reader.close();
    expect(uses(new SlabReader(), chunk)).toBe(true);
  });
});
