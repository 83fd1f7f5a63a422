/** An event as a client proposes it. */
export interface ProposedEvent {
  /** Canonical: lower case, with hyphens. */
  readonly id: string;
  readonly type: string;
  readonly isJson: boolean;
  readonly data: Uint8Array;
  readonly metadata: Uint8Array;
}

export interface StoredEvent extends ProposedEvent {
  readonly stream: string;
  /** `TOMBSTONE_REVISION` for the event that ends a stream for ever. */
  readonly revision: number;
  /** Where its record begins in the log: its commit and its prepare position. */
  readonly position: number;
  /** Milliseconds since 1970. */
  readonly created: number;
}

/** The real server says 2^63 - 1 on the wire; no other revision comes near it. */
export const TOMBSTONE_REVISION = Number.POSITIVE_INFINITY;
export const INT64_MAX = '9223372036854775807';
export const NO_EVENTS = -1;

export const revisionText = (revision: number): string =>
  revision === TOMBSTONE_REVISION ? INT64_MAX : revision.toString();

/** Size as the server counts it towards its limits. */
export const sizeOf = ({ type, data, metadata }: ProposedEvent): number =>
  data.length + metadata.length + type.length * 2;

/** What a client expects of the stream: the revision of its last event, or one of the special cases. */
export type ExpectedState = number | 'any' | 'stream_exists' | 'no_stream';

/** The server's own numbers for the special cases, as its error trailers give them. */
export const expectedNumber = (expected: ExpectedState): number => {
  switch (expected) {
    case 'no_stream':
      return -1;
    case 'any':
      return -2;
    case 'stream_exists':
      return -4;
    default:
      return expected;
  }
};
