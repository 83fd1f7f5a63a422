import { setImmediate as soon } from 'node:timers/promises';
import { ChunkGatherer } from './chunk-gatherer.js';

const memory = Buffer.alloc(256 * 1024, 'x');

describe('gathering chunks', () => {
  let given: Buffer[];
  let gatherer: ChunkGatherer;
  const sizes = () => given.map(({ length }) => length);

  beforeEach(() => {
    given = [];
    gatherer = new ChunkGatherer((chunk) => given.push(chunk));
  });
  afterEach(() => gatherer.drop());

  it('makes one of neighbours, as soon as they are large enough', () => {
    for (let at = 0; at < 5; at++) gatherer.add(memory.subarray(at * 16_384, (at + 1) * 16_384));
    expect(sizes()).toEqual([65_536]);
    gatherer.flush();
    expect(sizes()).toEqual([65_536, 16_384]);
    expect(given.every(({ buffer }) => buffer === memory.buffer)).toBe(true);
  });

  it('keeps apart what is not side by side, in order', () => {
    gatherer.add(memory.subarray(0, 10));
    gatherer.add(memory.subarray(11, 20));
    gatherer.add(Buffer.alloc(30));
    gatherer.flush();
    expect(sizes()).toEqual([10, 9, 30]);
  });

  it('holds nothing back for longer than a turn of the event loop', async () => {
    gatherer.add(memory.subarray(0, 10));
    expect(sizes()).toEqual([]);
    await soon();
    await soon();
    expect(sizes()).toEqual([10]);
  });

  it('gives nothing any more once it was told to drop', async () => {
    gatherer.add(memory.subarray(0, 10));
    gatherer.drop();
    await soon();
    gatherer.flush();
    expect(sizes()).toEqual([]);
  });
});
