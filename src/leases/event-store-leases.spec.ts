import { ManualClock } from '../../test/support/manual-clock.js';
import { ManualTime, settle } from '../../test/support/manual-time.js';
import { EventStoreUnavailable } from '../event-store/event-store.port.js';
import { MemoryEventStore } from '../event-store/memory/memory-event-store.js';
import type { DomainEvent } from '../kernel/domain-event.js';
import { silentLog } from '../kernel/log.js';
import { EventStoreLeases } from './event-store-leases.js';
import { LeaseLost, type LeasedWork } from './leases.js';

const TTL = 6000;
const NAME = 'duties';

/** The first calls that match wait, fail or lose their answer. */
class UnreliableStore extends MemoryEventStore {
  outage = false;
  loseAnswers = 0;
  appends = 0;

  override async append(...args: Parameters<MemoryEventStore['append']>) {
    this.appends++;
    if (this.outage) throw new EventStoreUnavailable('out of reach');
    const answer = await super.append(...args);
    if (this.loseAnswers > 0 && this.loseAnswers--) return new Promise<never>(() => undefined);
    return answer;
  }

  override async read<E extends DomainEvent>(stream: string) {
    if (this.outage) throw new EventStoreUnavailable('out of reach');
    return super.read<E>(stream);
  }
}

/** A process that tells when its work runs; `stop` is its graceful end, `die` is kill -9. */
class Candidate {
  readonly told: string[] = [];
  readonly leases: EventStoreLeases;
  readonly stopping = new AbortController();
  signal: AbortSignal | undefined;
  private dead = false;
  private holding: Promise<void> = Promise.resolve();

  constructor(store: MemoryEventStore, owner: string, time: ManualTime) {
    const clock = new ManualClock();
    const mortal = Object.assign(Object.create(store) as MemoryEventStore, {
      append: (...args: Parameters<MemoryEventStore['append']>) =>
        this.dead ? new Promise<never>(() => undefined) : store.append(...args),
    });
    this.leases = new EventStoreLeases(mortal, clock, silentLog, { owner, ttlMs: TTL }, time);
  }

  start(work: LeasedWork = (signal) => aborted(signal)): this {
    this.holding = this.leases
      .hold(
        NAME,
        async (signal) => {
          this.signal = signal;
          this.told.push('begin');
          await work(signal);
          this.told.push('end');
        },
        this.stopping.signal,
      )
      .then(() => void this.told.push('resolved'));
    return this;
  }

  get works(): boolean {
    return this.told.at(-1) === 'begin' && !this.signal?.aborted;
  }

  die(): void {
    this.dead = true;
  }

  async stop(): Promise<void> {
    this.stopping.abort();
    await this.holding;
  }
}

const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));

describe('a lease', () => {
  let store: UnreliableStore;
  let time: ManualTime;
  const candidate = (owner: string) => new Candidate(store, owner, time);
  const events = async () => (await store.read(`lease-${NAME}`)).events.map(({ type }) => type);

  beforeEach(() => {
    store = new UnreliableStore({ clock: new ManualClock() });
    time = new ManualTime();
  });

  it('is taken at once when it is new, and kept by one of two', async () => {
    const [one, two] = [candidate('one').start(), candidate('two').start()];
    await time.advance(TTL * 10);
    expect([one.told, two.told].sort()).toEqual([[], ['begin']]);
    expect((await events()).slice(0, 3)).toEqual(['LeaseTaken', 'LeaseRenewed', 'LeaseRenewed']);
  });

  it('is taken over after its life, and no sooner, when its holder died', async () => {
    const one = candidate('one').start();
    await time.advance(TTL / 3);
    one.die();
    const two = candidate('two').start();
    await time.advance(TTL - 1);
    expect(two.works).toBe(false);
    await time.advance(1);
    expect(two.works).toBe(true);
    expect(one.signal?.aborted).toBe(true);
    expect(one.signal?.reason).toBeInstanceOf(LeaseLost);
  });

  it('goes to another soon after a graceful stop', async () => {
    const one = candidate('one').start();
    await settle();
    const two = candidate('two').start();
    await time.advance(TTL);
    await one.stop();
    expect(one.told).toEqual(['begin', 'end', 'resolved']);
    await time.advance(TTL / 6);
    expect(two.works).toBe(true);
  });

  it('is renewed while its work takes its time to end, and released only then', async () => {
    let finish: () => void = () => undefined;
    const one = candidate('one').start(() => new Promise((resolve) => (finish = resolve)));
    await settle();
    const two = candidate('two').start();
    one.stopping.abort();
    await time.advance(TTL * 3);
    expect([one.signal?.aborted, two.works]).toEqual([true, false]);
    finish();
    await time.advance(TTL / 6);
    expect(two.works).toBe(true);
    expect(one.told).toEqual(['begin', 'end', 'resolved']);
  });

  it('is lost in time when the store is out of reach, and had again afterwards without waiting', async () => {
    const one = candidate('one').start();
    await settle();
    store.outage = true;
    await time.advance((TTL * 2) / 3 - 1);
    expect(one.works).toBe(true);
    await time.advance(1);
    expect(one.works).toBe(false);
    expect(one.leases.status()).toMatchObject([{ name: NAME, state: 'waiting', error: 'out of reach' }]);
    await time.advance(TTL * 5);
    store.outage = false;
    await time.advance(TTL / 6);
    expect(one.told).toEqual(['begin', 'end', 'begin']);
    expect(one.leases.status()).toMatchObject([{ state: 'held', error: undefined }]);
  });

  it.each([1, 2])('is kept when the answers to %i renewals are lost', async (lost) => {
    const one = candidate('one').start();
    await settle();
    store.loseAnswers = lost;
    const two = candidate('two').start();
    await time.advance(TTL * 4);
    expect([one.told, two.told]).toEqual([['begin'], []]);
  });

  it('is found to be ours when the answer to taking it was lost', async () => {
    store.loseAnswers = 1;
    const one = candidate('one').start();
    await time.advance(TTL);
    expect(one.works).toBe(true);
  });

  it('can be taken when nothing in its stream is young enough to be read', async () => {
    const clock = new ManualClock();
    store = new UnreliableStore({ clock });
    const one = candidate('one').start();
    await settle();
    one.die();
    clock.advance(TTL * 100);
    const two = candidate('two').start();
    await time.advance(TTL);
    expect(two.works).toBe(true);
  });

  it('can be taken when the store shows a stream without young events as none', async () => {
    const clock = new ManualClock();
    class ForgetfulStore extends UnreliableStore {
      override async read<E extends DomainEvent>(stream: string) {
        const slice = await super.read<E>(stream);
        return slice.events.length === 0 ? { ...slice, revision: 'no-stream' as const } : slice;
      }
    }
    store = new ForgetfulStore({ clock });
    const one = candidate('one').start();
    await settle();
    one.die();
    clock.advance(TTL * 100);
    const two = candidate('two').start();
    await time.advance(TTL - 1);
    expect(two.works).toBe(false);
    await time.advance(TTL / 6);
    expect(two.works).toBe(true);
  });

  it('keeps its stream short', async () => {
    const clock = new ManualClock();
    store = new UnreliableStore({ clock });
    candidate('one').start();
    for (let second = 0; second < 600; second++) {
      clock.advance(1000);
      await time.advance(1000);
    }
    expect((await events()).length).toBeLessThanOrEqual(16);
    expect(store.appends).toBeGreaterThan(250);
  });

  it('is released when its work fails, and its work begins again after a delay that grows', async () => {
    const one = candidate('one').start(() => Promise.reject(new Error('no luck')));
    await time.advance(500);
    expect(one.told).toEqual(['begin']);
    expect(one.leases.status()).toMatchObject([{ state: 'waiting', error: 'no luck' }]);
    expect(await events()).toEqual(['LeaseTaken', 'LeaseReleased']);
    await time.advance(1000);
    expect(one.told).toHaveLength(2);
    await time.advance(1000);
    expect(one.told).toHaveLength(2);
    await time.advance(1000);
    expect(one.told).toHaveLength(3);
  });

  it('is given back when its work is done', async () => {
    const one = candidate('one').start(() => Promise.resolve());
    await time.advance(1);
    expect(one.told).toEqual(['begin', 'end', 'resolved']);
    expect(await events()).toEqual(['LeaseTaken', 'LeaseReleased']);
    expect(one.leases.status()).toEqual([]);
  });

  it('is not asked for twice at once', async () => {
    const one = candidate('one').start();
    await settle();
    expect(() => one.start()).toThrow('asked for already');
  });

  it('leaves a stop before it was ever held in peace', async () => {
    candidate('one').start();
    await settle();
    const two = candidate('two').start();
    await time.advance(TTL);
    await two.stop();
    expect(two.told).toEqual(['resolved']);
  });
});
