import { ManualTime } from '../../../test/support/manual-time.js';
import { ProgressWatch } from './progress-watch.js';

describe('the watch over progress', () => {
  let time: ManualTime;
  let told: number[];
  let watch: ProgressWatch;

  beforeEach(() => {
    time = new ManualTime();
    told = [];
    watch = new ProgressWatch(time, (bytes) => {
      told.push(bytes);
      return Promise.resolve();
    });
  });
  afterEach(() => watch.close());

  it('tells what moved when no page came for a while, and nothing when nothing moved', async () => {
    watch.moved(5);
    await time.advance(9999);
    expect(told).toEqual([]);
    await time.advance(1);
    await time.advance(30_000);
    watch.moved(2);
    await time.advance(10_000);
    expect(told).toEqual([5, 7]);
  });

  it('takes off what a page recorded, and waits anew', async () => {
    watch.moved(10);
    await time.advance(9000);
    watch.recorded(8);
    await time.advance(9000);
    watch.moved(1);
    expect(told).toEqual([]);
    await time.advance(1000);
    expect(told).toEqual([3]);
    watch.recorded(100);
    watch.moved(4);
    await time.advance(10_000);
    expect(told).toEqual([3, 4]);
  });

  it('tells nothing after its end', async () => {
    watch.moved(1);
    watch.close();
    watch.recorded(0);
    await time.advance(60_000);
    expect(told).toEqual([]);
  });
});
