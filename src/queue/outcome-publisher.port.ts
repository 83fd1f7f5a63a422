/** One record for readers outside of this service. */
export interface OutcomeRecord {
  /** Records with the same key keep their order. */
  readonly key: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly value: Buffer;
}

/** Where outcomes go for other programs to read. */
export interface OutcomePublisher {
  /**
   * Resolves when the records are durable, those of one key in the order given. On a rejection any of them may be there, and the
   * caller publishes all of them again: readers get each at least once. A call holds half a MiB or a single record; the next one
   * is made when this one has ended. Rejects with `QueueUnavailable` when it was not confirmed in time, with the signal's
   * reason when that aborts.
   */
  publish(records: readonly OutcomeRecord[], signal: AbortSignal): Promise<void>;
}
