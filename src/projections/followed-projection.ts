import type { DomainEvent } from '../kernel/domain-event.js';
import type { RecordedEvent } from '../event-store/event-store.port.js';
import type { ReadStore } from '../read-store/read-store.js';
import { dispatcher, type Dispatch } from './handlers-of.js';
import type { Followed } from './log-follower.js';
import type { Projection } from './projection.js';

const CHECKPOINTS = `CREATE TABLE IF NOT EXISTS projection_checkpoints (
  name TEXT PRIMARY KEY, version INTEGER NOT NULL, position TEXT, tables TEXT NOT NULL) WITHOUT ROWID`;

interface CheckpointRow {
  readonly version: number;
  /** A decimal string: positions of some event stores pass 2^53. */
  readonly position: string | null;
  /** JSON: the tables as they were stored, so that a later version drops those it no longer has. */
  readonly tables: string;
}

/** A projection in the read store: its tables and its checkpoint change in the same transactions. */
export class FollowedProjection<E extends DomainEvent> implements Followed {
  readonly chunk = 500;
  private readonly dispatch: Dispatch<ReadStore, void>;
  private saved: bigint | undefined;

  constructor(
    private readonly projection: Projection<E>,
    private readonly views: ReadStore,
    /** Told after each change of the tables. */
    private readonly changed: () => void = () => undefined,
  ) {
    this.dispatch = dispatcher(projection.name, projection.on);
  }

  get name(): string {
    return this.projection.name;
  }

  get version(): number {
    return this.projection.version;
  }

  get prefixes(): readonly string[] {
    return this.projection.prefixes;
  }

  get tableNames(): readonly string[] {
    return Object.keys(this.projection.tables);
  }

  open(): bigint | undefined {
    this.views.exec(CHECKPOINTS);
    const row = this.checkpoint();
    if (row?.version !== this.version || !this.tableNames.every((table) => this.exists(table))) {
      this.reset();
      return undefined;
    }
    this.saved = row.position === null ? undefined : BigInt(row.position);
    return this.saved;
  }

  reset(): void {
    this.views.exec(CHECKPOINTS);
    this.views.transaction(() => {
      const stored = JSON.parse(this.checkpoint()?.tables ?? '[]') as string[];
      for (const table of new Set([...stored, ...this.tableNames])) this.views.exec(`DROP TABLE IF EXISTS "${table}"`);
      for (const sql of Object.values(this.projection.tables)) this.views.exec(sql);
      this.views.run(
        'INSERT OR REPLACE INTO projection_checkpoints (name, version, position, tables) VALUES (?, ?, NULL, ?)',
        this.name,
        this.version,
        JSON.stringify(this.tableNames),
      );
    });
    this.saved = undefined;
  }

  apply(events: readonly RecordedEvent[], position: bigint): void {
    this.views.transaction(() => {
      for (const event of events) this.dispatch(event, this.views);
      this.store(position);
    });
    this.saved = position;
    this.changed();
  }

  save(position: bigint): void {
    if (position === this.saved) return;
    this.store(position);
    this.saved = position;
  }

  private store(position: bigint): void {
    const sql = 'UPDATE projection_checkpoints SET position = ? WHERE name = ?';
    if (this.views.run(sql, String(position), this.name) !== 1) throw new Error(`${this.name} lost its checkpoint`);
  }

  private checkpoint(): CheckpointRow | undefined {
    return this.views.get('SELECT version, position, tables FROM projection_checkpoints WHERE name = ?', this.name);
  }

  private exists(table: string): boolean {
    return this.views.get("SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = ?", table) !== undefined;
  }
}
