import { setImmediate as turn, setTimeout as sleep } from 'node:timers/promises';
import type { CommitSignal } from './commit-signal.js';
import type { RecordedEvent, SubscriptionBatch } from './event-store.port.js';

/** A follower that gets few events at once lingers before it asks again: under a steady load it reads more with each query. */
const SMALL_CHUNK = 64;
const LINGER_MS = 5;

export interface LogChunk {
  readonly events: readonly RecordedEvent[];
  /** All that matches up to here is in `events`; always beyond the position asked for while the head is. */
  readonly position: number;
}

/** A log that answers in bounded chunks: all that an adapter in this process needs to be read and followed. */
export interface ChunkedLog {
  /** Position of the newest committed event, removed or not; 0 for an empty log. */
  readonly head: number;
  readonly commits: CommitSignal;
  /** What follows `after`, filtered, in log order. Throws when the store is closed. */
  chunk(after: number, prefixes: readonly string[]): LogChunk;
}

/** The log after `from` up to its end, one chunk in memory. */
export async function* readLog(
  log: ChunkedLog,
  from: bigint | undefined,
  prefixes: readonly string[],
): AsyncGenerator<RecordedEvent> {
  let position = Number(from ?? 0n);
  do {
    const chunk = log.chunk(position, prefixes);
    position = chunk.position;
    yield* chunk.events;
    await turn(); // a long read leaves room for others between chunks
  } while (position < log.head);
}

/**
 * The log after `from`, then live. Every batch is read from the log by position, also the live ones, so there is no
 * border between catching up and following at which an event could be lost or repeated.
 */
export async function* followLog(
  log: ChunkedLog,
  from: bigint | undefined,
  prefixes: readonly string[],
  signal: AbortSignal,
): AsyncGenerator<SubscriptionBatch> {
  // A signal of its own for each follower: many of them may follow until one and the same shutdown.
  const ended = AbortSignal.any([signal]);
  let position = Number(from ?? 0n);
  while (!ended.aborted) {
    if (position >= log.head) {
      await log.commits.next(ended);
      continue;
    }
    const chunk = log.chunk(position, prefixes);
    position = chunk.position;
    yield { events: chunk.events, position: BigInt(position) };
    if (chunk.events.length < SMALL_CHUNK) await sleep(LINGER_MS);
    else await turn();
  }
}
