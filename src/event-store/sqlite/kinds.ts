import type Database from 'better-sqlite3';

interface Kind {
  readonly id: number;
  readonly category: string;
  readonly type: string;
}

/**
 * The pairs of stream category and event type that occur. An event row carries the number of its pair, so a filter by
 * prefix looks at one small integer and not at names. The category is the name up to its first dash, dash included.
 */
export class Kinds {
  private byKey = new Map<string, number>();
  private byId = new Map<number, Kind>();
  private readonly insert: Database.Statement<[string, string]>;
  private readonly selectAll: Database.Statement<[], Kind>;

  constructor(db: Database.Database) {
    this.insert = db.prepare('INSERT INTO kinds (category, type) VALUES (?, ?)');
    this.selectAll = db.prepare('SELECT id, category, type FROM kinds ORDER BY id');
    this.reload();
  }

  /** Reads the table again: after a rollback, memory may know pairs that the file does not. */
  reload(): void {
    this.byKey = new Map();
    this.byId = new Map();
    for (const kind of this.selectAll.all()) this.remember(kind);
  }

  /** The number of a pair; a new one becomes part of the running transaction. */
  idOf(stream: string, type: string): number {
    const category = categoryOf(stream);
    const known = this.byKey.get(keyOf(category, type));
    if (known !== undefined) return known;
    const id = Number(this.insert.run(category, type).lastInsertRowid);
    this.remember({ id, category, type });
    return id;
  }

  typeOf(id: number): string {
    const kind = this.byId.get(id);
    if (!kind) throw new Error(`The event store is damaged: kind ${id} is not in its table`);
    return kind.type;
  }

  /** The kinds in which streams with one of these prefixes can be, as a JSON list; names still have to be checked. */
  matching(prefixes: readonly string[]): string {
    const ids: number[] = [];
    for (const kind of this.byId.values())
      if (prefixes.some((prefix) => kind.category.startsWith(prefix) || prefix.startsWith(kind.category)))
        ids.push(kind.id);
    return JSON.stringify(ids);
  }

  private remember(kind: Kind): void {
    this.byKey.set(keyOf(kind.category, kind.type), kind.id);
    this.byId.set(kind.id, kind);
  }
}

const categoryOf = (stream: string): string => stream.slice(0, stream.indexOf('-') + 1);
const keyOf = (category: string, type: string): string => `${category}\n${type}`;
