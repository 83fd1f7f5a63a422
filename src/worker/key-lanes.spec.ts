import { KeyLanes } from './key-lanes.js';

const deferred = <T>() => {
  let resolve!: (value: T) => void;
  let reject!: (error: Error) => void;
  const promise = new Promise<T>((yes, no) => {
    resolve = yes;
    reject = no;
  });
  return { promise, resolve, reject };
};

describe('key lanes', () => {
  it('run one key once at a time, and what arrives meanwhile shares the run that follows', async () => {
    const lanes = new KeyLanes<number>();
    const one = deferred<number>();
    const two = deferred<number>();
    const started: number[] = [];
    const ask = (n: number, work: Promise<number>) =>
      lanes.run('k', () => {
        started.push(n);
        return work;
      });
    const a = ask(1, one.promise);
    const b = ask(2, two.promise);
    const c = ask(3, two.promise);
    expect(started).toEqual([1]);
    one.resolve(10);
    expect(await a).toEqual({ result: 10, first: true });
    two.resolve(20);
    expect(await Promise.all([b, c])).toEqual([
      { result: 20, first: true },
      { result: 20, first: false },
    ]);
    expect(started).toEqual([1, 2]);
  });

  it('gives an asker that arrives during the following run a run of its own after it', async () => {
    const lanes = new KeyLanes<string>();
    const gates = [deferred<string>(), deferred<string>(), deferred<string>()];
    const begun: number[] = [];
    const ask = (n: number) =>
      lanes.run('k', () => {
        begun.push(n);
        return gates[n]!.promise;
      });
    const first = ask(0);
    const second = ask(1);
    gates[0]!.resolve('a');
    await first;
    await new Promise(setImmediate);
    expect(begun).toEqual([0, 1]);
    const third = ask(2);
    gates[1]!.resolve('b');
    await second;
    gates[2]!.resolve('c');
    expect(await third).toEqual({ result: 'c', first: true });
    expect(begun).toEqual([0, 1, 2]);
  });

  it('goes on after a failed run', async () => {
    const lanes = new KeyLanes<string>();
    const gate = deferred<string>();
    const failed = lanes.run('k', () => gate.promise);
    const next = lanes.run('k', () => Promise.resolve('fine'));
    gate.reject(new Error('no'));
    await expect(failed).rejects.toThrow('no');
    expect(await next).toEqual({ result: 'fine', first: true });
  });

  it('runs different keys side by side and forgets keys that are done', async () => {
    const lanes = new KeyLanes<string>();
    const gate = deferred<string>();
    const slow = lanes.run('a', () => gate.promise);
    expect(await lanes.run('b', () => Promise.resolve('b'))).toEqual({ result: 'b', first: true });
    expect(lanes.size).toBe(1);
    gate.resolve('a');
    await slow;
    await new Promise(setImmediate);
    expect(lanes.size).toBe(0);
  });

  it('never runs a key twice at once, whatever the arrivals', async () => {
    const lanes = new KeyLanes<undefined>();
    let now = 0;
    let most = 0;
    const work = async () => {
      most = Math.max(most, ++now);
      await new Promise(setImmediate);
      now--;
      return undefined;
    };
    for (let round = 0; round < 50; round++) {
      void lanes.run('k', work);
      if (round % 3 === 0) await new Promise(setImmediate);
    }
    await lanes.run('k', work);
    expect(most).toBe(1);
  });
});
