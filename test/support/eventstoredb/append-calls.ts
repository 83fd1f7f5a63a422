import type grpc from '@grpc/grpc-js';
import type {
  AppendReq,
  AppendResp,
  DeleteReq,
  DeleteResp as WireDeleteResp,
  TombstoneReq,
  TombstoneResp as WireTombstoneResp,
} from '@eventstore/db-client/generated/streams_pb.js';
import { appendConflict, appendSuccess } from './append-response.js';
import type { Database, WriteResult } from './database.js';
import { decodeEvent, decodeExpected, decodeStreamName } from './proposed-event.js';
import { handlerFailed, maximumAppendSizeExceeded, streamDeleted, wrongExpectedVersion } from './rpc-error.js';
import { sizeOf, type ExpectedState, type ProposedEvent } from './stored-event.js';
import { DeleteResp, TombstoneResp } from './wire.js';

type WireOptions = AppendReq.Options | DeleteReq.Options | TombstoneReq.Options;

const target = (options: WireOptions | undefined): { stream: string; expected: ExpectedState } => {
  if (options === undefined) throw handlerFailed('Options are missing.');
  return {
    stream: decodeStreamName(options.getStreamIdentifier()),
    expected: decodeExpected(options, options.hasRevision() ? options.getRevision() : undefined),
  };
};

/** Streams.Append: first the options, then one message per event; all of them are appended when the client is done. */
export const receiveAppend = async (
  call: grpc.ServerReadableStream<AppendReq, AppendResp>,
  maxAppendBytes: number,
): Promise<{ stream: string; expected: ExpectedState; events: ProposedEvent[] }> => {
  let to: { stream: string; expected: ExpectedState } | undefined;
  const events: ProposedEvent[] = [];
  let size = 0;
  for await (const message of call as AsyncIterable<AppendReq>) {
    if (to === undefined) {
      to = target(message.getOptions());
      continue;
    }
    const proposed = message.getProposedMessage();
    if (proposed === undefined) throw handlerFailed('A proposed message was expected.');
    const event = decodeEvent(proposed);
    size += sizeOf(event);
    if (size > maxAppendBytes) throw maximumAppendSizeExceeded(maxAppendBytes);
    events.push(event);
  }
  if (to === undefined) throw handlerFailed('No request was sent.');
  return { ...to, events };
};

export const appendAnswer = (result: WriteResult, stream: string, expected: ExpectedState): AppendResp => {
  if (result.verdict === 'stream-deleted') throw streamDeleted(stream);
  return result.verdict === 'success' ? appendSuccess(result) : appendConflict(expected, result.current);
};

const deletedAt = (result: WriteResult, operation: string, stream: string, expected: ExpectedState): string => {
  if (result.verdict === 'stream-deleted') throw streamDeleted(stream);
  if (result.verdict !== 'success') throw wrongExpectedVersion(operation, stream, expected, result.current);
  return (result.position ?? 0).toString();
};

export const softDelete = (database: Database, request: DeleteReq): WireDeleteResp => {
  const { stream, expected } = target(request.getOptions());
  const position = deletedAt(database.softDelete(stream, expected), 'Delete', stream, expected);
  return new DeleteResp().setPosition(
    new DeleteResp.Position().setCommitPosition(position).setPreparePosition(position),
  );
};

export const tombstone = (database: Database, request: TombstoneReq): WireTombstoneResp => {
  const { stream, expected } = target(request.getOptions());
  const position = deletedAt(database.tombstone(stream, expected), 'Delete', stream, expected);
  return new TombstoneResp().setPosition(
    new TombstoneResp.Position().setCommitPosition(position).setPreparePosition(position),
  );
};
