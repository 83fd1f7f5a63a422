import { SmallMemory } from './small-memory.js';

const placeOf = ({ buffer, byteOffset, length }: Buffer) => ({ buffer, from: byteOffset, to: byteOffset + length });

describe('small memory', () => {
  it('is cut from one piece after the other, never the same twice', () => {
    const memory = new SmallMemory(100);
    const taken = [40, 40, 40, 0, 60].map((bytes) => memory.take(bytes));
    for (const [index, bytes] of taken.entries()) bytes.fill(index);
    expect(taken.map((bytes) => bytes.toString('hex'))).toEqual([
      '00'.repeat(40),
      '01'.repeat(40),
      '02'.repeat(40),
      '',
      '04'.repeat(60),
    ]);
    expect(new Set(taken.map(({ buffer }) => buffer)).size).toBe(2);
  });

  it('is used again when the last that was taken comes back', () => {
    const memory = new SmallMemory(100);
    memory.take(30);
    const last = memory.take(50);
    memory.untake(last);
    expect(placeOf(memory.take(60))).toMatchObject({ buffer: last.buffer, from: 30, to: 90 });
  });

  it('is not used again for anything but the last', () => {
    const memory = new SmallMemory(100);
    const first = memory.take(10);
    const second = memory.take(80);
    memory.untake(first);
    memory.untake(Buffer.alloc(80));
    expect(memory.take(20).buffer).not.toBe(second.buffer);
    memory.untake(second);
    expect(placeOf(memory.take(10)).from).toBe(20);
  });
});
