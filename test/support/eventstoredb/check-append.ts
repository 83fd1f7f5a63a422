import { NO_EVENTS, type ExpectedState } from './stored-event.js';
import type { StreamIndex } from './stream-index.js';

/** Whether an append or a delete may go ahead. */
export type AppendDecision =
  | { readonly verdict: 'ok' }
  /** All of it already stands there; `last` is the revision of the last of these events. */
  | { readonly verdict: 'idempotent'; readonly last: number }
  | { readonly verdict: 'wrong-expected-version' }
  | { readonly verdict: 'stream-deleted' };

export interface Appended {
  readonly stream: string;
  readonly revision: number;
}

const OK = { verdict: 'ok' } as const;
const WRONG = { verdict: 'wrong-expected-version' } as const;
const DELETED = { verdict: 'stream-deleted' } as const;

/** Only events of late are remembered by id alone, as in the real server: older ones are appended again. */
const checkById = (stream: StreamIndex, ids: readonly string[], recent: ReadonlyMap<string, Appended>) => {
  let last: number | undefined;
  for (const id of ids) {
    const known = recent.get(id);
    if (known?.stream !== stream.name) return last === undefined ? OK : WRONG;
    last = known.revision;
  }
  return last === undefined ? OK : ({ verdict: 'idempotent', last } as const);
};

/** The same ids in the same order right behind the expected revision are the same append, made again. */
const checkBehind = (stream: StreamIndex, revision: number, ids: readonly string[]): AppendDecision => {
  let next = revision;
  for (const id of ids) {
    next++;
    if (stream.get(next)?.id === id) continue;
    const isFirst = next === revision + 1;
    return isFirst && revision === NO_EVENTS && stream.isSoftDeleted ? OK : WRONG;
  }
  return next === revision ? WRONG : { verdict: 'idempotent', last: next };
};

/** Compares what the client expects with how the stream stands; `hasMetadata`: its metadata stream has events. */
export const checkAppend = (
  stream: StreamIndex,
  expected: ExpectedState,
  ids: readonly string[],
  recent: ReadonlyMap<string, Appended>,
  hasMetadata: boolean,
): AppendDecision => {
  if (stream.isTombstoned) return DELETED;
  if (expected === 'stream_exists') {
    if (stream.isSoftDeleted) return DELETED;
    if (stream.last === NO_EVENTS && !hasMetadata) return WRONG;
  }
  if (expected === 'any' || expected === 'stream_exists') return checkById(stream, ids, recent);
  const revision = expected === 'no_stream' ? NO_EVENTS : expected;
  if (revision < stream.last) return checkBehind(stream, revision, ids);
  return revision === stream.last ? OK : WRONG;
};
