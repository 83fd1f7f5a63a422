/**
 * The messages and services of EventStoreDB as the client package ships them. Its generated files are CommonJS, of which
 * only the default import works at run time; the types are imported by name beside it.
 */
import gossipGrpc from '@eventstore/db-client/generated/gossip_grpc_pb.js';
import gossipPb from '@eventstore/db-client/generated/gossip_pb.js';
import featuresGrpc from '@eventstore/db-client/generated/serverfeatures_grpc_pb.js';
import featuresPb from '@eventstore/db-client/generated/serverfeatures_pb.js';
import sharedPb from '@eventstore/db-client/generated/shared_pb.js';
import statusPb from '@eventstore/db-client/generated/status_pb.js';
import streamsGrpc from '@eventstore/db-client/generated/streams_grpc_pb.js';
import streamsPb from '@eventstore/db-client/generated/streams_pb.js';

export const { StreamsService } = streamsGrpc;
export const { GossipService } = gossipGrpc;
export const { ServerFeaturesService } = featuresGrpc;
export const { ReadReq, ReadResp, AppendResp, BatchAppendReq, BatchAppendResp, DeleteResp, TombstoneResp } = streamsPb;
export const { UUID, Empty, StreamIdentifier, AllStreamPosition } = sharedPb;
export const { WrongExpectedVersion, AccessDenied, StreamDeleted, Timeout, MaximumAppendSizeExceeded, BadRequest } =
  sharedPb;
export const { Status } = statusPb;
export const { ClusterInfo, MemberInfo, EndPoint } = gossipPb;
export const { SupportedMethods, SupportedMethod } = featuresPb;

/** What a generated message can do; enough to put it on the wire. */
export interface Serializable {
  serializeBinary(): Uint8Array;
}

/** The bytes of a message, without a copy. */
export const bytesOf = (message: Serializable): Buffer => {
  const bytes = message.serializeBinary();
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
};
