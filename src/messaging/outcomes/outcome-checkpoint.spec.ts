import { ManualClock } from '../../../test/support/manual-clock.js';
import { MemoryEventStore } from '../../event-store/memory/memory-event-store.js';
import { OutcomeCheckpoint } from './outcome-checkpoint.js';
import { OUTCOME_FEED_STREAMS } from './outcome-feed.events.js';

const LIMIT = 3;

describe('the checkpoint of the outcomes', () => {
  let store: MemoryEventStore;
  const clock = new ManualClock();
  const fresh = () => new OutcomeCheckpoint(store, clock, LIMIT);
  const kept = async () => {
    const streams = await Promise.all(OUTCOME_FEED_STREAMS.map((stream) => store.read(stream)));
    return streams.map(({ events }) => events.length);
  };

  beforeEach(() => {
    store = new MemoryEventStore({ clock });
  });
  afterEach(() => store.close());

  it('says never before it was saved', async () => expect(await fresh().load()).toBe('never'));

  it.each([undefined, 0n, 7n, 2n ** 62n])('keeps %p', async (position) => {
    await fresh().save(position);
    expect(await fresh().load()).toEqual({ position });
  });

  it('keeps the newest for whoever comes next, in two short streams', async () => {
    let checkpoint = fresh();
    for (let position = 0n; position < 30n; position++) {
      if (position % 5n === 0n) checkpoint = fresh();
      if (position % 5n === 0n && position > 0n) expect(await checkpoint.load()).toEqual({ position: position - 1n });
      await checkpoint.save(position);
      const lengths = await kept();
      expect(lengths.filter((length) => length > 0)).toHaveLength(1);
      expect(Math.max(...lengths)).toBeLessThanOrEqual(LIMIT);
    }
    expect(await fresh().load()).toEqual({ position: 29n });
  });

  it('does not go back when a process that was given up saves late', async () => {
    const [late, next] = [fresh(), fresh()];
    for (const position of [1n, 2n]) await late.save(position);
    await next.load();
    for (const position of [10n, 11n, 12n]) await next.save(position);
    await late.save(3n);
    expect(await fresh().load()).toEqual({ position: 12n });
  });

  it.each([1, 2, 3])('is there when a crash came after step %i of a change of streams', async (steps) => {
    const checkpoint = fresh();
    for (const position of [1n, 2n, 3n]) await checkpoint.save(position);
    let left = steps;
    const dying = Object.assign(Object.create(store) as MemoryEventStore, {
      append: (...args: Parameters<MemoryEventStore['append']>) =>
        left-- > 0 ? store.append(...args) : Promise.reject(new Error('crash')),
      delete: (stream: string) => (left-- > 0 ? store.delete(stream) : Promise.reject(new Error('crash'))),
    });
    const crashing = new OutcomeCheckpoint(dying, clock, LIMIT);
    expect(await crashing.load()).toEqual({ position: 3n });
    const saved = await crashing.save(4n).then(
      () => true,
      () => false,
    );
    expect(saved).toBe(steps === 3);
    expect(await fresh().load()).toEqual({ position: steps >= 2 ? 4n : 3n });
    const next = fresh();
    await next.load();
    for (const position of [5n, 6n, 7n, 8n]) await next.save(position);
    expect(await fresh().load()).toEqual({ position: 8n });
  });
});
