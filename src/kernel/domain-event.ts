/** What happened, named in the past tense. `data` is plain JSON; it never holds a secret. */
export interface DomainEvent<Type extends string = string, Data extends object = object> {
  readonly type: Type;
  readonly data: Data;
}

/** Who and what caused an event; stored beside it, never inside `data`. */
export interface EventMetadata {
  /** Ties together everything one request caused. */
  readonly correlationId: string;
  /** The id of the command, message or event that led here directly, when it differs from the correlation. */
  readonly causationId?: string;
  /** Who asked: `anonymous`, an access key id, or the name of a part of the service such as `worker`. */
  readonly actor: string;
  /** Version of the shape of `data`; older ones are upcast on read. */
  readonly schemaVersion: number;
}
