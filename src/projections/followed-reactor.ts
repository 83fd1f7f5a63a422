import type { DomainEvent } from '../kernel/domain-event.js';
import type { RecordedEvent } from '../event-store/event-store.port.js';
import type { ReadStore } from '../read-store/read-store.js';
import { dispatcher, type Dispatch } from './handlers-of.js';
import type { Followed } from './log-follower.js';
import type { Reactor } from './projection.js';

const CHECKPOINTS = `CREATE TABLE IF NOT EXISTS reactor_checkpoints (
  name TEXT PRIMARY KEY, position TEXT NOT NULL) WITHOUT ROWID`;

/** A reactor and its checkpoint, which moves on behind the handlers: what a crash cuts off is handled again. */
export class FollowedReactor<E extends DomainEvent> implements Followed {
  // One event at a time, so that a failing one makes none of its neighbours run again.
  readonly chunk = 1;
  private readonly dispatch: Dispatch<AbortSignal, Promise<void>>;
  private saved: bigint | undefined;

  constructor(
    private readonly reactor: Reactor<E>,
    private readonly views: ReadStore,
  ) {
    this.dispatch = dispatcher(reactor.name, reactor.on);
  }

  get name(): string {
    return this.reactor.name;
  }

  get prefixes(): readonly string[] {
    return this.reactor.prefixes;
  }

  open(): bigint | undefined {
    this.views.exec(CHECKPOINTS);
    const row = this.views.get<{ position: string }>(
      'SELECT position FROM reactor_checkpoints WHERE name = ?',
      this.name,
    );
    return (this.saved = row && BigInt(row.position));
  }

  reset(): void {
    this.views.run('DELETE FROM reactor_checkpoints WHERE name = ?', this.name);
    this.saved = undefined;
  }

  async apply(events: readonly RecordedEvent[], _position: bigint, signal: AbortSignal): Promise<void> {
    for (const event of events) await this.dispatch(event, signal);
  }

  save(position: bigint): void {
    if (position === this.saved) return;
    this.views.run(
      'INSERT OR REPLACE INTO reactor_checkpoints (name, position) VALUES (?, ?)',
      this.name,
      String(position),
    );
    this.saved = position;
  }
}
