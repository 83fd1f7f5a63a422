import grpc from '@grpc/grpc-js';
import { expectedNumber, type ExpectedState } from './stored-event.js';

/** A refusal as gRPC status and trailers; the trailers tell the client which of its errors it is. */
export class RpcError extends Error {
  override readonly name = 'RpcError';
  readonly metadata = new grpc.Metadata();

  constructor(
    readonly code: grpc.status,
    readonly details: string,
    trailers: Readonly<Record<string, string>> = {},
  ) {
    super(details);
    for (const [key, value] of Object.entries(trailers)) this.metadata.set(key, headerSafe(value));
  }
}

/** Header values are ASCII. */
const headerSafe = (value: string): string => (/^[ -~]*$/.test(value) ? value : encodeURIComponent(value));

export const accessDenied = (): RpcError =>
  new RpcError(grpc.status.PERMISSION_DENIED, 'Access Denied', { exception: 'access-denied' });

export const unauthenticated = (): RpcError => new RpcError(grpc.status.UNAUTHENTICATED, 'Unauthenticated');

export const streamDeleted = (stream: string): RpcError =>
  new RpcError(grpc.status.FAILED_PRECONDITION, `Event stream '${stream}' is deleted.`, {
    exception: 'stream-deleted',
    'stream-name': stream,
  });

export const wrongExpectedVersion = (
  operation: string,
  stream: string,
  expected: ExpectedState,
  actual: number,
): RpcError => {
  const wanted = expectedNumber(expected);
  const details = `${operation} failed due to WrongExpectedVersion. Stream: ${stream}, Expected version: ${wanted}, Actual version: ${actual}`;
  return new RpcError(grpc.status.FAILED_PRECONDITION, details, {
    exception: 'wrong-expected-version',
    'stream-name': stream,
    'expected-version': wanted.toString(),
    'actual-version': actual.toString(),
  });
};

export const maximumAppendSizeExceeded = (limit: number): RpcError =>
  new RpcError(grpc.status.INVALID_ARGUMENT, `Maximum Append Size of ${limit} Exceeded.`, {
    exception: 'maximum-append-size-exceeded',
    'maximum-append-size': limit.toString(),
  });

export const requiredMetadataMissing = (property: string): RpcError =>
  new RpcError(grpc.status.INVALID_ARGUMENT, `Required Metadata Property '${property}' is missing`, {
    exception: 'missing-required-metadata-property',
    'required-metadata-properties': 'type,content-type',
  });

export const notLeader = (host: string, port: number): RpcError =>
  new RpcError(grpc.status.NOT_FOUND, 'Leader info available', {
    exception: 'not-leader',
    'leader-endpoint-host': host,
    'leader-endpoint-port': port.toString(),
  });

export const invalidArgument = (details: string): RpcError => new RpcError(grpc.status.INVALID_ARGUMENT, details);

export const invalidPosition = (): RpcError => invalidArgument('Trying to read from an invalid position.');

/** How the real server answers what its handlers do not expect. */
export const handlerFailed = (why: string): RpcError =>
  new RpcError(grpc.status.UNKNOWN, `Exception was thrown by handler. ${why}`);

export const asRpcError = (error: unknown): RpcError =>
  error instanceof RpcError ? error : handlerFailed(error instanceof Error ? error.message : String(error));
