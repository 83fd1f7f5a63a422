import { WrongRevision } from './event-store.port.js';
import type { ExpectedRevision } from './event-store.port.js';

/** Where a stream stands. It holds revisions from `base` to `next - 1`; those below `base` went with a deletion. */
export interface StreamState {
  readonly next: number;
  readonly base: number;
}

/** Where an event id stands in its stream. */
export interface Place {
  readonly revision: number;
  readonly position: number;
}

export const NO_STREAM: StreamState = { next: 0, base: 0 };

/** The event ids stand in the stream, but not all of them or not in a row: the caller mixed up ids. Nothing was written. */
export class EventIdTaken extends Error {
  override readonly name = 'EventIdTaken';
}

export const currentRevision = ({ next, base }: StreamState): bigint | 'no-stream' =>
  next > base ? BigInt(next - 1) : 'no-stream';

/**
 * Decides an append: undefined to go ahead, or the place of the last event when exactly these ids are there already.
 * `places` are where the ids stand now, in the order of the append. Throws `WrongRevision` or `EventIdTaken`.
 */
export function judgeAppend(
  stream: string,
  expected: ExpectedRevision,
  state: StreamState,
  places: readonly (Place | undefined)[],
): Place | undefined {
  const holds = expectationHolds(expected, state);
  const repeat = repeated(places);
  if (repeat && (holds || repeat.first.revision === meantRevision(expected, state))) return repeat.last;
  if (!holds) throw new WrongRevision(stream, expected, currentRevision(state));
  if (places.some((place) => place !== undefined)) throw new EventIdTaken(`Some event ids are already in ${stream}`);
  return undefined;
}

function expectationHolds(expected: ExpectedRevision, { next, base }: StreamState): boolean {
  if (expected === 'any') return true;
  if (expected === 'no-stream') return next === base;
  return next > base && BigInt(next - 1) === expected;
}

const meantRevision = (expected: ExpectedRevision, { base }: StreamState): number =>
  typeof expected === 'bigint' ? Number(expected) + 1 : base;

/** First and last place when all ids are known and stand in a row. */
function repeated(places: readonly (Place | undefined)[]): { first: Place; last: Place } | undefined {
  const first = places[0];
  let last = first;
  for (const place of places.slice(1)) {
    if (!last || place?.revision !== last.revision + 1) return undefined;
    last = place;
  }
  return first && last && { first, last };
}
