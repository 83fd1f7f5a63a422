import type { DomainEvent, EventMetadata } from '../kernel/domain-event.js';

/** Brings stored `data` from one version of its shape to the next. Pure; never changes what it is given. */
export type UpcastStep = (data: object) => object;

/** The current version of an event type and, for each older version, the step that leads to the one after it. */
export interface EventSchema {
  readonly version: number;
  readonly steps?: Readonly<Record<number, UpcastStep>>;
}

/** Event type -> schema. Each feature exports the table of its own events; the composition root merges them. */
export type EventSchemaTable = Readonly<Record<string, EventSchema>>;

/** The shapes of all events a service knows: which version is written, and how older ones are read. */
export class EventSchemas {
  private readonly schemas = new Map<string, EventSchema>();

  /** Throws when two tables claim one type, or when a step between an old version and the current one is missing. */
  constructor(...tables: readonly EventSchemaTable[]) {
    for (const table of tables) for (const [type, schema] of Object.entries(table)) this.add(type, schema);
  }

  /** All known types with their current versions. */
  get currentVersions(): ReadonlyMap<string, number> {
    return new Map([...this.schemas].map(([type, { version }]) => [type, version]));
  }

  /** The version in which events of this type are written. An unknown type is a bug: its feature has no table entry. */
  currentVersion(type: string): number {
    const schema = this.schemas.get(type);
    if (!schema) throw new Error(`Event type ${type} has no entry in the table of event schemas`);
    return schema.version;
  }

  /**
   * The event in its current shape. Types without an entry pass as they are, since a log may hold events of features
   * that this process does not run. Throws for a version newer than the code, which an older release must not misread.
   */
  upcast(stored: DomainEvent, metadata: EventMetadata): { readonly data: object; readonly metadata: EventMetadata } {
    const schema = this.schemas.get(stored.type);
    if (!schema || metadata.schemaVersion === schema.version) return { data: stored.data, metadata };
    if (metadata.schemaVersion > schema.version)
      throw new Error(
        `Event ${stored.type} is stored in version ${metadata.schemaVersion}; this release knows it up to version ${schema.version}`,
      );
    let data = stored.data;
    for (let version = metadata.schemaVersion; version < schema.version; version++)
      data = stepFrom(stored.type, schema, version)(data);
    return { data, metadata: { ...metadata, schemaVersion: schema.version } };
  }

  private add(type: string, schema: EventSchema): void {
    if (this.schemas.has(type)) throw new Error(`Event type ${type} is in two tables of event schemas`);
    for (let version = 1; version < schema.version; version++) stepFrom(type, schema, version);
    this.schemas.set(type, schema);
  }
}

function stepFrom(type: string, schema: EventSchema, version: number): UpcastStep {
  const step = schema.steps?.[version];
  if (!step) throw new Error(`Event type ${type} has no upcast step from version ${version} to ${version + 1}`);
  return step;
}
