import { EventStoreUnavailable, type EventStore } from '../../src/event-store/event-store.port.js';
import { MemoryEventStore } from '../../src/event-store/memory/memory-event-store.js';
import { silentLog } from '../../src/kernel/log.js';
import { MonotonicTime } from '../../src/kernel/monotonic-time.js';
import { EventStoreLeases } from '../../src/leases/event-store-leases.js';
import { ManualClock } from './manual-clock.js';
import { ManualTime } from './manual-time.js';

/** How the store treats the calls of one process. `lost`: done, and never answered. `late`: done and answered later. */
export type Weather = 'fine' | 'refused' | 'lost' | 'late' | 'arrives-late';

/** The time of one process: it stands still while the process is paused; what was due then is called when it goes on. */
class PausableTime extends MonotonicTime {
  private held: (() => void)[] | undefined;

  constructor(private readonly time: ManualTime) {
    super();
  }

  override nowMs(): number {
    return this.time.nowMs();
  }

  override after(ms: number, call: () => void): () => void {
    let off = false;
    const fire = () => {
      if (off) return;
      if (this.held) this.held.push(fire);
      else call();
    };
    const callOff = this.time.after(ms, fire);
    return () => {
      off = true;
      callOff();
    };
  }

  pause(): void {
    this.held ??= [];
  }

  resume(): void {
    const due = this.held ?? [];
    this.held = undefined;
    for (const fire of due) fire();
  }

  get paused(): boolean {
    return this.held !== undefined;
  }
}

/** One of the processes that want the same lease. Its work needs `windDownMs` to end. */
export class LeaseProcess {
  weather: Weather = 'fine';
  private readonly own: PausableTime;
  private readonly stopping = new AbortController();
  private working = 0;
  private signal: AbortSignal | undefined;

  constructor(
    private readonly store: EventStore,
    private readonly time: ManualTime,
    owner: string,
    ttlMs: number,
    private readonly windDownMs: number,
  ) {
    this.own = new PausableTime(time);
    const view = Object.assign(Object.create(store) as EventStore, {
      read: (stream: string) => this.through(() => store.read(stream)),
      append: (...args: Parameters<EventStore['append']>) => this.through(() => store.append(...args)),
    });
    const leases = new EventStoreLeases(view, new ManualClock(), silentLog, { owner, ttlMs }, this.own);
    void leases.hold('it', (signal) => this.work(signal), this.stopping.signal);
  }

  pause(): void {
    this.own.pause();
  }

  resume(): void {
    this.own.resume();
  }

  stop(): void {
    this.stopping.abort();
  }

  /** Its work runs and has not been told to end. */
  get active(): boolean {
    return this.working > 0 && !this.own.paused && this.signal?.aborted === false;
  }

  /** Its work runs, told to end or not. */
  get atWork(): boolean {
    return this.working > 0;
  }

  private async work(signal: AbortSignal): Promise<void> {
    this.signal = signal;
    this.working++;
    await new Promise<void>((resolve) => {
      if (signal.aborted) resolve();
      signal.addEventListener('abort', () => resolve(), { once: true });
    });
    await this.own.wait(this.windDownMs, new AbortController().signal);
    this.working--;
  }

  private async through<T>(call: () => Promise<T>): Promise<T> {
    const { weather } = this;
    if (weather === 'refused') throw new EventStoreUnavailable('refused');
    if (weather === 'arrives-late') await this.pass(2500);
    const answer = await call();
    if (weather === 'lost') return new Promise<never>(() => undefined);
    // An answer reaches a paused process when it goes on.
    await this.own.wait(weather === 'late' ? 1500 : 0, new AbortController().signal);
    return answer;
  }

  /** On the wire time goes by also while the process is paused. */
  private pass(ms: number): Promise<void> {
    return this.time.wait(ms, new AbortController().signal);
  }
}

/** Some processes, one store, one time. */
export class LeaseWorld {
  readonly time = new ManualTime();
  readonly processes: readonly LeaseProcess[];
  private readonly clock = new ManualClock();
  private readonly store = new MemoryEventStore({ clock: this.clock });

  constructor(count: number, ttlMs: number, windDownMs: number) {
    this.processes = Array.from(
      { length: count },
      (_, index) => new LeaseProcess(this.store, this.time, `p${index}`, ttlMs, windDownMs),
    );
  }

  async advance(ms: number, eachStep: () => void): Promise<void> {
    await this.time.advance(ms, eachStep);
    this.clock.advance(ms);
  }
}
