import codePb from '@eventstore/db-client/generated/code_pb.js';
import type { Code as WireCode } from '@eventstore/db-client/generated/code_pb.js';
import anyPb from 'google-protobuf/google/protobuf/any_pb.js';
import emptyPb from 'google-protobuf/google/protobuf/empty_pb.js';
import type {
  AppendResp as WireAppendResp,
  BatchAppendResp as WireBatchAppendResp,
} from '@eventstore/db-client/generated/streams_pb.js';
import type { Status as WireStatus } from '@eventstore/db-client/generated/status_pb.js';
import { streamIdentifier } from './proposed-event.js';
import { NO_EVENTS, type ExpectedState } from './stored-event.js';
import {
  AccessDenied,
  AllStreamPosition,
  AppendResp,
  BadRequest,
  BatchAppendResp,
  bytesOf,
  Empty,
  MaximumAppendSizeExceeded,
  Status,
  StreamDeleted,
  Timeout,
  WrongExpectedVersion,
  type Serializable,
} from './wire.js';

const { Code } = codePb;

/** Where the last event of an append stands. */
export interface Place {
  readonly revision: number;
  readonly position: number | undefined;
}

export const appendSuccess = ({ revision, position }: Place): WireAppendResp => {
  const success = new AppendResp.Success();
  if (revision === NO_EVENTS) success.setNoStream(new Empty());
  else success.setCurrentRevision(revision.toString());
  if (position === undefined) success.setNoPosition(new Empty());
  else {
    const text = position.toString();
    success.setPosition(new AppendResp.Position().setCommitPosition(text).setPreparePosition(text));
  }
  return new AppendResp().setSuccess(success);
};

/** Says it twice: in the fields of today and in those of version 20.6, as the real server does. */
export const appendConflict = (expected: ExpectedState, current: number): WireAppendResp => {
  const conflict = new AppendResp.WrongExpectedVersion();
  if (current === NO_EVENTS) conflict.setCurrentNoStream(new Empty()).setNoStream2060(new Empty());
  else conflict.setCurrentRevision(current.toString()).setCurrentRevision2060(current);
  if (expected === 'any') conflict.setExpectedAny(new Empty()).setAny2060(new Empty());
  else if (expected === 'stream_exists') conflict.setExpectedStreamExists(new Empty()).setStreamExists2060(new Empty());
  else if (expected === 'no_stream') conflict.setExpectedNoStream(new Empty());
  else conflict.setExpectedRevision(expected.toString()).setExpectedRevision2060(expected);
  return new AppendResp().setWrongExpectedVersion(conflict);
};

export const batchSuccess = ({ revision, position }: Place): WireBatchAppendResp => {
  const success = new BatchAppendResp.Success();
  if (revision === NO_EVENTS) success.setNoStream(new emptyPb.Empty());
  else success.setCurrentRevision(revision.toString());
  if (position === undefined) success.setNoPosition(new emptyPb.Empty());
  else {
    const text = position.toString();
    success.setPosition(new AllStreamPosition().setCommitPosition(text).setPreparePosition(text));
  }
  return new BatchAppendResp().setSuccess(success);
};

const status = (code: WireCode, name: string, details: Serializable): WireBatchAppendResp => {
  const any = new anyPb.Any();
  any.pack(bytesOf(details), `event_store.client.${name}`);
  const error: WireStatus = new Status().setMessage(name).setDetails(any);
  return new BatchAppendResp().setError(error.setCode(code));
};

export const batchConflict = (expected: ExpectedState, current: number): WireBatchAppendResp => {
  const conflict = new WrongExpectedVersion();
  if (current === NO_EVENTS) conflict.setCurrentNoStream(new emptyPb.Empty());
  else conflict.setCurrentStreamRevision(current.toString());
  if (expected === 'any') conflict.setExpectedAny(new emptyPb.Empty());
  else if (expected === 'stream_exists') conflict.setExpectedStreamExists(new emptyPb.Empty());
  else if (expected === 'no_stream') conflict.setExpectedNoStream(new emptyPb.Empty());
  else conflict.setExpectedStreamPosition(expected.toString());
  return status(Code.ALREADY_EXISTS, 'WrongExpectedVersion', conflict);
};

export const batchStreamDeleted = (stream: string): WireBatchAppendResp =>
  status(Code.NOT_FOUND, 'StreamDeleted', new StreamDeleted().setStreamIdentifier(streamIdentifier(stream)));
export const batchAccessDenied = (): WireBatchAppendResp =>
  status(Code.PERMISSION_DENIED, 'AccessDenied', new AccessDenied());
export const batchTimeout = (): WireBatchAppendResp => status(Code.DEADLINE_EXCEEDED, 'Timeout', new Timeout());
export const batchTooLarge = (limit: number): WireBatchAppendResp =>
  status(Code.INVALID_ARGUMENT, 'MaximumAppendSizeExceeded', new MaximumAppendSizeExceeded().setMaxappendsize(limit));
export const batchBadRequest = (why: string): WireBatchAppendResp =>
  status(Code.INVALID_ARGUMENT, 'BadRequest', new BadRequest().setMessage(why));
