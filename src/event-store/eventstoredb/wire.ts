/**
 * The messages and services of EventStoreDB as its client package defines them. The generated files are CommonJS, of which
 * only the default import works at run time; the types are imported by name.
 *
 * The client class of the package is not used. What it does with these messages does not meet the port: its appends share
 * one table per process, so that the failure of one connection rejects the appends of another and an answer that comes
 * after it ends the process; nothing bounds a call that is never answered; reads of the whole log cannot be filtered;
 * checkpoints overtake the events they follow; and after an outage it comes back up to two minutes late.
 */
import gossipGrpc from '@eventstore/db-client/generated/gossip_grpc_pb.js';
import gossipPb from '@eventstore/db-client/generated/gossip_pb.js';
import featuresGrpc from '@eventstore/db-client/generated/serverfeatures_grpc_pb.js';
import sharedPb from '@eventstore/db-client/generated/shared_pb.js';
import streamsGrpc from '@eventstore/db-client/generated/streams_grpc_pb.js';
import streamsPb from '@eventstore/db-client/generated/streams_pb.js';

export const { BatchAppendReq, DeleteReq, ReadReq } = streamsPb;
export const { Empty, StreamIdentifier, UUID, WrongExpectedVersion, MaximumAppendSizeExceeded, BadRequest } = sharedPb;
export const { StreamsClient } = streamsGrpc;
export const { ServerFeaturesClient } = featuresGrpc;
export const { GossipClient } = gossipGrpc;
export const { VNodeState } = gossipPb.MemberInfo;

export type { StreamsClient as Streams } from '@eventstore/db-client/generated/streams_grpc_pb.js';
export type { SupportedMethods } from '@eventstore/db-client/generated/serverfeatures_pb.js';
export type { ClusterInfo, MemberInfo } from '@eventstore/db-client/generated/gossip_pb.js';
export type { Status } from '@eventstore/db-client/generated/status_pb.js';
export type {
  BatchAppendReq as BatchRequest,
  BatchAppendResp as BatchAnswer,
  ReadReq as ReadRequest,
  ReadResp as ReadAnswer,
} from '@eventstore/db-client/generated/streams_pb.js';

import type { StreamIdentifier as Identifier, UUID as Id } from '@eventstore/db-client/generated/shared_pb.js';

export function identifier(stream: string): Identifier {
  const name = new StreamIdentifier();
  name.setStreamName(Buffer.from(stream, 'utf8'));
  return name;
}

export function uuid(text: string): Id {
  const id = new UUID();
  id.setString(text);
  return id;
}

/** A server may answer in either form, whatever it was asked in. */
export function uuidText(id: Id | undefined): string {
  const structured = id?.getStructured();
  if (!structured) return id?.getString() ?? '';
  const half = (bits: string) => BigInt.asUintN(64, BigInt(bits)).toString(16).padStart(16, '0');
  const hex = half(structured.getMostSignificantBits()) + half(structured.getLeastSignificantBits());
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}
