import { ManualClock } from '../../test/support/manual-clock.js';
import type { Decider } from '../kernel/decider.js';
import type { DomainEvent } from '../kernel/domain-event.js';
import { timeOrderedId } from '../kernel/ids.js';
import { absent, CommandRunner } from './command-runner.js';
import { WrongRevision } from './event-store.port.js';
import { MemoryEventStore } from './memory/memory-event-store.js';
import { EventSchemas } from './upcast.js';

type Counted = DomainEvent<'Counted', { by: string; at: string }>;
interface Count {
  readonly by: string;
  readonly limit: number;
}

/** Counts up to a limit; `seen` notes the states it decided on. */
const counter = (seen: number[] = []): Decider<number, Count, Counted> => ({
  initialState: () => 0,
  evolve: (count) => count + 1,
  decide: ({ by, limit }, count, { now }) => {
    seen.push(count);
    return count >= limit ? [] : [{ type: 'Counted', data: { by, at: now } }];
  },
});

/** Lets another writer append before each of the first `races` appends. */
class RacedStore extends MemoryEventStore {
  reads = 0;

  constructor(private races: number) {
    super();
  }

  override async append(...[stream, expected, events]: Parameters<MemoryEventStore['append']>) {
    if (this.races-- > 0) await super.append(stream, 'any', [{ ...events[0]!, id: timeOrderedId() }]);
    return super.append(stream, expected, events);
  }

  override read<E extends DomainEvent>(stream: string) {
    this.reads++;
    return super.read<E>(stream);
  }
}

const set = (races = 0) => {
  const store = new RacedStore(races);
  return { store, runner: new CommandRunner(store, new ManualClock(), new EventSchemas({ Counted: { version: 1 } })) };
};
const one = { by: 'me', limit: 100 };
const counted = { type: 'Counted', data: { by: 'me', at: '2030-01-01T00:00:00.000Z' } };

describe('the command runner', () => {
  it('appends what the decider decides, with metadata and the schema version', async () => {
    const { store, runner } = set();
    const metadata = { correlationId: 'c', causationId: 'k', actor: 'tester' };
    const { events, position } = await runner.run(counter(), 's-1', one, { metadata });
    expect(events).toEqual([counted]);
    const stored = (await store.read('s-1')).events;
    expect(stored).toEqual([
      {
        ...counted,
        id: stored[0]?.id,
        stream: 's-1',
        revision: 0n,
        position,
        metadata: { ...metadata, schemaVersion: 1 },
      },
    ]);
  });

  it('decides again on fresh state after a lost race', async () => {
    const { store, runner } = set(3);
    const seen: number[] = [];
    await runner.run(counter(seen), 's-1', one);
    expect(seen).toEqual([0, 1, 2, 3]);
    expect((await store.read('s-1')).revision).toBe(3n);
  });

  it('gives up after four attempts', async () => {
    const { runner } = set(4);
    const seen: number[] = [];
    await expect(runner.run(counter(seen), 's-1', one)).rejects.toBeInstanceOf(WrongRevision);
    expect(seen).toEqual([0, 1, 2, 3]);
  });

  it('answers the position of what is there when nothing is left to do', async () => {
    const { runner } = set();
    const { position } = await runner.run(counter(), 's-1', one);
    expect(await runner.run(counter(), 's-1', { by: 'me', limit: 1 })).toEqual({ events: [], position, revision: 0n });
    const none = { events: [], position: undefined, revision: 'no-stream' };
    expect(await runner.run(counter(), 's-2', { by: 'me', limit: 0 })).toEqual(none);
  });

  it('does not read a stream that is expected to be new', async () => {
    const { store, runner } = set();
    await runner.run(counter(), 's-1', one, { assume: absent(counter()) });
    expect(store.reads).toBe(0);
  });

  it('reads after all when the stream turns out to be there', async () => {
    const { store, runner } = set();
    const seen: number[] = [];
    const { position } = await runner.run(counter(), 's-1', one);
    const again = await runner.run(counter(seen), 's-1', { by: 'me', limit: 1 }, { assume: absent(counter()) });
    expect(again).toEqual({ events: [], position, revision: 0n });
    expect([seen, store.reads]).toEqual([[0, 1], 2]);
  });

  it('takes a command that is run again under its id for the same', async () => {
    const { store, runner } = set();
    const options = { commandId: timeOrderedId(), assume: absent(counter()) };
    const first = await runner.run(counter(), 's-1', one, options);
    await runner.run(counter(), 's-1', one);
    expect((await runner.run(counter(), 's-1', one, options)).position).toBe(first.position);
    expect((await store.read('s-1')).events).toHaveLength(2);
    await runner.run(counter(), 's-2', one, options);
    expect((await store.read('s-2')).events).toHaveLength(1);
  });

  it('refuses an event type that no feature has an entry for', async () => {
    const runner = new CommandRunner(new MemoryEventStore(), new ManualClock(), new EventSchemas());
    await expect(runner.run(counter(), 's-1', one)).rejects.toThrow('Counted has no entry');
  });

  it('loads state, revision and position', async () => {
    const { runner } = set();
    expect(await runner.load(counter(), 's-1')).toEqual({ state: 0, revision: 'no-stream', position: undefined });
    const { position } = await runner.run(counter(), 's-1', one);
    expect(await runner.load(counter(), 's-1')).toEqual({ state: 1, revision: 0n, position });
  });
});
