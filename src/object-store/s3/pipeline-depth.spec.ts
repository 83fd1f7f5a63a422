import { depthFor, fixedDepth, LoadDepth, OriginDepth } from './pipeline-depth.js';

const BUSY = 0.95;
const STEADY = 0.8;
const IDLE = 0.5;

/** The depths after each sample of these utilizations. */
function depthsOf(samples: readonly number[], load = { now: 0 }, depth = new LoadDepth(() => load.now)): number[] {
  return samples.map((sample) => {
    load.now = sample;
    depth.sent();
    depth.sample();
    return depth.depth;
  });
}
const times = (count: number, sample: number): number[] => Array.from({ length: count }, () => sample);

describe('the depth for a load', () => {
  it('is one until the loop is busy, then doubles up to eight', () => {
    expect(depthsOf([IDLE, STEADY, BUSY, BUSY, BUSY, BUSY])).toEqual([1, 1, 2, 4, 8, 8]);
  });

  it('halves down to one while idle, and takes no notice of a short pause', () => {
    expect(depthsOf([BUSY, BUSY, BUSY, STEADY, IDLE, STEADY, IDLE, BUSY])).toEqual([2, 4, 8, 8, 8, 8, 8, 8]);
    expect(depthsOf([BUSY, BUSY, BUSY, ...times(7, IDLE)])).toEqual([2, 4, 8, 8, 4, 4, 2, 2, 1, 1]);
  });

  it('grows again a little later once it has shrunk', () => {
    expect(depthsOf([BUSY, IDLE, IDLE, ...times(5, BUSY)])).toEqual([2, 2, 1, 1, 1, 1, 1, 2]);
  });

  it('grows less and less often when growing makes the process idle each time', () => {
    const load = { now: 0 };
    const depth = new LoadDepth(() => load.now);
    const grown: number[] = [];
    // An endpoint that answers side by side keeps this process busy only while each request has its own connection.
    for (let sample = 0, before = 1; sample < 2500; sample++) {
      load.now = before === 1 ? BUSY : IDLE;
      depth.sent();
      depth.sample();
      if (depth.depth > before) grown.push(sample);
      before = depth.depth;
    }
    const waits = grown.slice(1).map((sample, index) => sample - (grown[index] ?? 0));
    expect(waits).toEqual([7, 11, 19, 35, 67, 131, 259, 515, 603, 603]);
  });

  it('looks now and then whether it is still worth it', () => {
    const depths = depthsOf(times(112, BUSY));
    expect(depths.slice(0, 3)).toEqual([2, 4, 8]);
    expect(new Set(depths.slice(3, 100))).toEqual(new Set([8]));
    expect(depths.slice(100)).toEqual([1, 1, 1, 1, 2, 4, 8, 8, 8, 8, 8, 8]);
  });

  it('goes back to one when less is done than before it grew', () => {
    const depth = new LoadDepth(() => BUSY);
    const depths = Array.from({ length: 12 }, () => {
      for (let request = 0; request < (depth.depth === 1 ? 100 : 94); request++) depth.sent();
      depth.sample();
      return depth.depth;
    });
    expect(depths).toEqual([2, 4, 8, 8, 8, 8, 8, 8, 1, 1, 1, 1]);
  });

  it('stays as it was while nothing is sent', () => {
    const load = { now: BUSY };
    const depth = new LoadDepth(() => load.now);
    depthsOf(times(3, BUSY), load, depth);
    load.now = IDLE;
    for (let sample = 0; sample < 20; sample++) depth.sample();
    expect(depth.depth).toBe(8);
  });

  it('is measured while somebody watches, and one when nobody does', () => {
    let asked = 0;
    const depth = new LoadDepth(() => {
      asked++;
      return BUSY;
    });
    depth.watch();
    depth.watch();
    depth.sent();
    depth.sample();
    depth.unwatch();
    expect([asked, depth.depth]).toEqual([2, 2]); // once to begin with
    depth.unwatch();
    expect(depth.depth).toBe(1);
  });

  it('is one when pipelining is off', () => {
    expect([depthFor('off').depth, depthFor('always').depth]).toEqual([1, 8]);
  });
});

describe('the depth for an origin', () => {
  it('is one for a minute after it went wrong, then for two', () => {
    let now = 5_000;
    const depth = new OriginDepth(fixedDepth(4), () => now);
    const at = (ms: number): number => {
      now = ms;
      return depth.depth;
    };
    expect(depth.depth).toBe(4);
    depth.distrust();
    expect([at(5_000), at(64_999), at(65_000)]).toEqual([1, 1, 4]);
    depth.distrust();
    now = 100_000;
    depth.distrust(); // what was on its way still
    expect([at(184_999), at(185_000)]).toEqual([1, 4]);
  });

  it('is not given up for longer than an hour', () => {
    let now = 0;
    const depth = new OriginDepth(fixedDepth(4), () => now);
    for (let round = 0; round < 20; round++) {
      depth.distrust();
      now += 3_600_000;
      expect(depth.depth).toBe(4);
    }
  });
});
