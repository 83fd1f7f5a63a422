import { Empty, identifier, ReadReq } from './wire.js';
import type { ReadRequest } from './wire.js';

/** Where a read of the log starts. A position stands for commit and prepare position, which are one for all we write. */
export interface LogPlace {
  readonly commit: bigint;
  readonly prepare: bigint;
}

export const at = (position: bigint): LogPlace => ({ commit: position, prepare: position });

/** Just before whatever stands at the position after this one: for a place at which no event stands. */
export const justAfter = (position: bigint): LogPlace => ({ commit: position + 1n, prepare: position });

/** Events that the server looks at in one go, and after which a quiet subscription hears how far it came. */
const SEARCH_WINDOW = 500;
/** All streams but those of the server itself. */
const NOT_SYSTEM = '^[^$]';
/** The server adds where the stream ends. */
const COMPATIBILITY = 1;

const { Options } = ReadReq;
const { FORWARDS, BACKWARDS } = Options.ReadDirection;

/** The events of a stream from its beginning, at most `count`. */
export function streamRequest(stream: string, count = Number.MAX_SAFE_INTEGER): ReadRequest {
  const place = new Options.StreamOptions();
  place.setStreamIdentifier(identifier(stream));
  place.setStart(new Empty());
  return request(FORWARDS, count, (options) => {
    options.setStream(place);
    options.setNoFilter(new Empty());
  });
}

/** The event at a revision, or the newest one. */
export function eventRequest(stream: string, revision: bigint | 'newest'): ReadRequest {
  const place = new Options.StreamOptions();
  place.setStreamIdentifier(identifier(stream));
  if (revision === 'newest') place.setEnd(new Empty());
  else place.setRevision(revision.toString());
  return request(BACKWARDS, 1, (options) => {
    options.setStream(place);
    options.setNoFilter(new Empty());
  });
}

/** The newest event of any stream that is not the server's own. */
export const newestRequest = (): ReadRequest =>
  request(BACKWARDS, 1, (options) => {
    options.setAll(allFrom('end'));
    options.setFilter(filterOf([]));
  });

/** The first `count` matching events from a place on, the one that stands there included. */
export const logRequest = (from: LogPlace | undefined, prefixes: readonly string[], count: number): ReadRequest =>
  request(FORWARDS, count, (options) => {
    options.setAll(allFrom(from));
    options.setFilter(filterOf(prefixes));
  });

/** The matching events after a place, then live. */
export const subscriptionRequest = (from: LogPlace | undefined, prefixes: readonly string[]): ReadRequest =>
  request(FORWARDS, 'subscribe', (options) => {
    options.setAll(allFrom(from));
    options.setFilter(filterOf(prefixes));
  });

function request(
  direction: ReadRequest.Options.ReadDirection,
  count: number | 'subscribe',
  fill: (options: InstanceType<typeof Options>) => void,
): ReadRequest {
  const options = new Options();
  fill(options);
  options.setReadDirection(direction);
  options.setResolveLinks(false);
  if (count === 'subscribe') options.setSubscription(new Options.SubscriptionOptions());
  else options.setCount(count.toString());
  const ids = new Options.UUIDOption();
  ids.setString(new Empty());
  options.setUuidOption(ids);
  const control = new Options.ControlOption();
  control.setCompatibility(COMPATIBILITY);
  options.setControlOption(control);
  const read = new ReadReq();
  read.setOptions(options);
  return read;
}

function allFrom(from: LogPlace | 'end' | undefined) {
  const all = new Options.AllOptions();
  if (from === undefined) all.setStart(new Empty());
  else if (from === 'end') all.setEnd(new Empty());
  else {
    const position = new Options.Position();
    position.setCommitPosition(from.commit.toString());
    position.setPreparePosition(from.prepare.toString());
    all.setPosition(position);
  }
  return all;
}

function filterOf(prefixes: readonly string[]) {
  const expression = new Options.FilterOptions.Expression();
  if (prefixes.length === 0) expression.setRegex(NOT_SYSTEM);
  else expression.setPrefixList([...prefixes]);
  const filter = new Options.FilterOptions();
  filter.setStreamIdentifier(expression);
  filter.setMax(SEARCH_WINDOW);
  filter.setCheckpointintervalmultiplier(1);
  return filter;
}
