import { Metadata, status } from '@grpc/grpc-js';
import { EventStoreUnavailable } from '../event-store.port.js';
import { nodeNames, type ConnectionSettings } from './connection-string.js';

/** What a failed call tells, whatever the library that made it calls it. Never holds credentials: they go out only. */
export interface CallFailure {
  readonly code: status;
  readonly details: string;
  /** A trailer of the answer. */
  readonly trailer: (key: string) => string | undefined;
}

/** The call failed because the place it starts from is not one of this log. */
export class InvalidPosition extends Error {
  override readonly name = 'InvalidPosition';
}

/** The failure behind an error of the gRPC library; undefined for any other error. */
export function callFailure(error: unknown): CallFailure | undefined {
  if (!(error instanceof Error) || !('code' in error) || !isStatus(error.code)) return undefined;
  const details = inPlainWords('details' in error ? String(error.details) : error.message);
  const metadata = 'metadata' in error && error.metadata instanceof Metadata ? error.metadata : new Metadata();
  return { code: error.code, details, trailer: (key) => metadata.get(key)[0]?.toString() };
}

const isStatus = (code: unknown): code is status => typeof code === 'number' && code in status;

/** Without what the libraries put around the words that count. */
const inPlainWords = (details: string): string =>
  details
    .replace(/^No connection established\. Last error: (Error: )?/, '')
    .replace(/ ?\(\d{4}-\d\d-\d\dT[\d:.]+Z\)/, '')
    .replace(/ ?Resolution note: ?/, '')
    .replace(/[0-9A-F]{8,}:error:[0-9A-F]+:/, '')
    .replace(/:\.\.\/.*:\d+:\s*/s, '')
    .replace(/[\s.]+$/, '');

/** The name that the server gives the failure, such as `not-leader`. */
export const exceptionOf = (failure: CallFailure): string | undefined => failure.trailer('exception');

/** There is no such stream, or a tombstone took its place. */
export const isGone = (failure: CallFailure): boolean =>
  exceptionOf(failure) === 'stream-deleted' ||
  (failure.code === status.NOT_FOUND && exceptionOf(failure) !== 'not-leader');

/** The node to go to, when this one is not the leader. */
export function leaderOf(failure: CallFailure): { host: string; port: number } | undefined {
  const host = failure.trailer('leader-endpoint-host');
  const port = Number(failure.trailer('leader-endpoint-port'));
  return exceptionOf(failure) === 'not-leader' && host !== undefined && port > 0 ? { host, port } : undefined;
}

export const refusesCredentials = ({ code }: CallFailure): boolean =>
  code === status.UNAUTHENTICATED || code === status.PERMISSION_DENIED;

/** Answers that will be the same next time: what was asked is at fault, not the store. */
const REFUSALS = new Set<status>([status.INVALID_ARGUMENT, status.FAILED_PRECONDITION, status.OUT_OF_RANGE]);

/** The error of the port for a failed call; `doing` says what was tried, such as `append to thing-1`. */
export function portError(doing: string, error: unknown, settings: ConnectionSettings): Error {
  const failure = callFailure(error);
  if (!failure) return error instanceof Error ? error : new Error(String(error));
  const { code, details } = failure;
  if (details.includes('invalid position')) return new InvalidPosition(`Cannot ${doing}: ${details}`);
  if (REFUSALS.has(code)) return new Error(`The event store refuses to ${doing}: ${details}`, { cause: error });
  return new EventStoreUnavailable(`Cannot ${doing}: ${whatIsWrong(failure, settings)}`, { cause: error });
}

/** In words, with host and port. */
export function whatIsWrong(failure: CallFailure, settings: ConnectionSettings): string {
  const { code, details } = failure;
  const store = `the event store at ${nodeNames(settings)}`;
  const who = settings.user && settings.tls ? `user ${settings.user.name}` : 'a caller without credentials';
  if (refusesCredentials(failure))
    return `${store} refuses ${who} (${code === status.UNAUTHENTICATED ? 'name or password is wrong' : 'no permission'})`;
  if (code === status.UNIMPLEMENTED || isForeign(details))
    return `what answers at ${nodeNames(settings)} is not an event store that this service knows (${details})`;
  if (isTlsTrouble(details)) return `no secure connection to ${store}: ${details}${tlsHint(details)}`;
  if (code === status.DEADLINE_EXCEEDED) return `${store} does not answer in time`;
  if (code === status.UNAVAILABLE) return `${store} is not reachable (${details})${plainHint(details, settings)}`;
  return `${store} failed (${status[code]}: ${details})`;
}

/** Troubles that go away only when somebody changes the configuration: waiting does not help. */
export const isLasting = (failure: CallFailure): boolean =>
  refusesCredentials(failure) ||
  failure.code === status.UNIMPLEMENTED ||
  isForeign(failure.details) ||
  /certificate|wrong version number|packet length too long|altname|alert/i.test(failure.details);

/** Somebody answers, but not in gRPC. */
const isForeign = (details: string): boolean =>
  /HTTP status code|Protocol error|content-type|invalid.*preface|Parse Error/i.test(details);

const isTlsTrouble = (details: string): boolean => /certificate|SSL|TLS|altname|wrong version number/i.test(details);

const plainHint = (details: string, { tls }: ConnectionSettings): string =>
  !tls && details === 'Failed to connect' ? '; somebody hangs up there: the server may want TLS' : '';

const tlsHint = (details: string): string =>
  /wrong version number|packet length too long/i.test(details)
    ? '; the server may speak without TLS: tls=false in the connection string'
    : '; name its certificate authority with tlsCAFile in the connection string';
