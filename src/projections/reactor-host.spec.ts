import { until } from '../../test/support/until.js';
import { MemoryEventStore } from '../event-store/memory/memory-event-store.js';
import type { NewEvent } from '../event-store/event-store.port.js';
import type { DomainEvent } from '../kernel/domain-event.js';
import { timeOrderedId } from '../kernel/ids.js';
import { ReadStore } from '../read-store/read-store.js';
import type { Reactor } from './projection.js';
import { ReactorHost } from './reactor-host.js';

type Rang = DomainEvent<'Rang', { n: number }>;
const RETRY = { attempts: Infinity, baseDelayMs: 1, maxDelayMs: 5 };

const rang = (n: number): NewEvent => ({
  id: timeOrderedId(),
  type: 'Rang',
  data: { n },
  metadata: { correlationId: 'c', actor: 'test', schemaVersion: 1 },
});

describe('the reactor host', () => {
  let events: MemoryEventStore;
  let views: ReadStore;
  let host: ReactorHost;

  const start = (react: (n: number, signal: AbortSignal) => Promise<void> | void) => {
    const reactor: Reactor<Rang> = {
      name: 'bell',
      prefixes: ['bell-'],
      on: { Rang: async ({ data }, signal) => react(data.n, signal) },
    };
    host = new ReactorHost(events, views, undefined, RETRY);
    host.register(reactor);
    host.start();
  };
  const ring = (...numbers: number[]) => events.append('bell-1', 'any', numbers.map(rang));

  beforeEach(() => {
    events = new MemoryEventStore();
    views = new ReadStore(':memory:');
  });
  afterEach(async () => {
    await host.stop();
    await events.close();
    views.close();
  });

  it('handles every event in order, and after a restart only the new ones', async () => {
    const seen: number[] = [];
    await ring(1, 2, 3);
    start((n) => void seen.push(n));
    await until(() => seen.length === 3);
    await host.stop();
    await ring(4);
    start((n) => void seen.push(n));
    await until(() => seen.length === 4);
    expect(seen).toEqual([1, 2, 3, 4]);
    await until(() => host.status()[0]?.state === 'live');
  });

  it('tries a failing handler again, its predecessors not, and shows the failure', async () => {
    const seen: number[] = [];
    let broken = true;
    await ring(1, 2, 3);
    start((n) => {
      seen.push(n);
      if (n === 2 && broken) throw new Error('bell cracked');
    });
    await until(() => (host.status()[0]?.failures ?? 0) >= 3);
    expect(host.status()).toMatchObject([{ name: 'bell', state: 'failed', position: 1n, error: 'bell cracked' }]);
    broken = false;
    await until(() => seen.includes(3));
    expect(seen.filter((n) => n !== 2)).toEqual([1, 3]);
    await until(() => host.status()[0]?.state === 'live');
  });

  it('handles an event again whose handler a stop cut short', async () => {
    const seen: number[] = [];
    await ring(1, 2);
    start(async (n, signal) => {
      seen.push(n);
      if (n === 2)
        await new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(new Error('cut short'))));
    });
    await until(() => seen.length === 2);
    await host.stop();
    expect(host.status()).toMatchObject([{ state: 'stopped', position: 1n }]);
    start((n) => void seen.push(n));
    await until(() => seen.length === 3);
    expect(seen).toEqual([1, 2, 2]);
  });

  it('starts over when it is ahead of the event store', async () => {
    const seen: number[] = [];
    await ring(1, 2, 3);
    start((n) => void seen.push(n));
    await until(() => seen.length === 3);
    await host.stop();
    events = new MemoryEventStore();
    await ring(9);
    start((n) => void seen.push(n));
    await until(() => seen.length === 4);
    expect(seen.at(-1)).toBe(9);
  });
});
