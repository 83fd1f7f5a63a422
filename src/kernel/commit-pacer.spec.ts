import { CommitPacer } from './commit-pacer.js';

/** A pacer over a counter: `add` makes something pending, `sizes` tells what each commit held. */
function counting() {
  let pending = 0;
  const sizes: number[] = [];
  const pacer = new CommitPacer(
    () => pending,
    () => {
      const size = pending;
      pending = 0;
      sizes.push(size);
      return size;
    },
  );
  const add = (count: number) => {
    pending += count;
    pacer.schedule();
  };
  return { add, sizes };
}
const turn = () => new Promise(setImmediate);
const soon = () => new Promise((resolve) => setTimeout(resolve, 20));

describe('a commit pacer', () => {
  it('commits a change that comes alone at the end of the turn, again and again', async () => {
    const { add, sizes } = counting();
    for (let change = 0; change < 3; change++) {
      add(1);
      await turn();
    }
    expect(sizes).toEqual([1, 1, 1]);
  });

  it('commits what one turn brings together', async () => {
    const { add, sizes } = counting();
    add(1);
    add(4);
    await turn();
    expect(sizes).toEqual([5]);
  });

  it('waits for company after a group, but not for long', async () => {
    const { add, sizes } = counting();
    add(5);
    await turn();
    add(1);
    await turn();
    add(2);
    expect(sizes).toEqual([5]);
    await soon();
    expect(sizes).toEqual([5, 3]);
  });

  it('does not wait once there is enough', async () => {
    const { add, sizes } = counting();
    add(5);
    await turn();
    add(100);
    await turn();
    expect(sizes).toEqual([5, 100]);
  });
});
