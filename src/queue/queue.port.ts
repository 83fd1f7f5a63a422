/** One message. `id` names the work, so that a redelivered or repeated message is recognized by its handler. */
export interface QueueMessage {
  readonly id: string;
  /** Messages with the same key go through the same partition, in order of publishing. */
  readonly key: string;
  /** How many units of work (object keys) it stands for; the bound on unsettled work counts these. At least 1. */
  readonly weight: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

export interface DeliveredMessage extends QueueMessage {
  readonly partition: number;
  readonly offset: bigint;
  readonly publishedAt: string;
}

export interface DeadLetter extends DeliveredMessage {
  /** A stable code such as `not-decodable`, `unknown-task`, `handler-failed`. */
  readonly reason: string;
  /** What went wrong in words, without secrets. */
  readonly cause: string;
  readonly deadAt: string;
}

/** What a handler answers: `done` settles the message; a refusal moves it to the dead letters, then settles it. */
export type Handled =
  { readonly kind: 'done' } | { readonly kind: 'dead'; readonly reason: string; readonly cause: string };

export interface PublishOptions {
  /**
   * The messages take the place of one that is being handled and counts already: they are never `QueueFull`. Handlers that
   * waited for room would wait for each other.
   */
  readonly replacing?: boolean;
}

export interface ConsumeOptions {
  /** Messages handled at once. */
  readonly maxInFlight: number;
}

/** The queue holds as much unsettled work as its bound allows: try again later. */
export class QueueFull extends Error {
  override readonly name = 'QueueFull';
}

/** The queue cannot be reached, is closing, or did not confirm in time. */
export class QueueUnavailable extends Error {
  override readonly name = 'QueueUnavailable';
}

/**
 * Why the signal of a handler aborted when it was not for the end of consuming: the message is another consumer's now. Its work
 * should end soon; what the handler answers after this is not settled here.
 */
export class MessageMoved extends Error {
  override readonly name = 'MessageMoved';
}

export interface QueueStats {
  /** Published and not yet settled. */
  readonly unsettledMessages: number;
  readonly unsettledWeight: number;
  readonly deadLetters: number;
  /** Highest offset published and highest committed, by partition; undefined before the first. */
  readonly partitions: readonly { partition: number; newest: bigint | undefined; committed: bigint | undefined }[];
}

/** A durable, partitioned log of messages with at-least-once delivery. Held to `test/contracts/queue.contract.ts`. */
export abstract class Queue {
  /** Which partition a key goes to: callers group what must travel in one message. */
  abstract partitionOf(key: string): number;

  /** Durable when it resolves, all messages or none. Rejects with `QueueFull` or `QueueUnavailable`. */
  abstract publish(messages: readonly QueueMessage[], options?: PublishOptions): Promise<void>;

  /**
   * Delivers messages to `handle`, at most `maxInFlight` at once, beginning after the last committed offset. An offset is
   * committed only when it and all before it are settled, so a crash redelivers. A handler that throws is called again
   * with growing delays; after the adapter's bound of tries the message goes to the dead letters as `handler-failed`.
   * Resolves when the signal has aborted and the handlers in flight have ended. One consumer per process.
   *
   * The signal that a handler gets aborts when this consuming ends, and, where several processes share the queue, with the
   * reason `MessageMoved` when the message now belongs to another consumer, which may have it in hand already. An embedded
   * queue has no other consumers, so there it never aborts for that reason.
   */
  abstract consume(
    options: ConsumeOptions,
    handle: (message: DeliveredMessage, signal: AbortSignal) => Promise<Handled>,
    signal: AbortSignal,
  ): Promise<void>;

  /** Newest last, after `after` (an offset in the dead-letter log), at most `limit`. */
  abstract deadLetters(
    limit: number,
    after?: bigint,
  ): Promise<readonly (DeadLetter & { readonly deadOffset: bigint })[]>;

  /** Publishes the dead letter again and removes it from the dead letters, both or neither. False when there is none. */
  abstract redrive(deadOffset: bigint): Promise<boolean>;

  abstract stats(): Promise<QueueStats>;

  /** Refuses new messages, waits for accepted ones to be durable, frees everything. */
  abstract close(): Promise<void>;
}
