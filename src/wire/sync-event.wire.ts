import { fromBinary } from '@bufbuild/protobuf';
import { SyncEventSchema } from './generated/openoms/v1/sync_event_pb.js';

/** A sync event under the names of its public contract, JSON or Protobuf; not checked yet. */
export interface SyncEventFields {
  readonly sync_event_id?: unknown;
  readonly sync_task_id?: unknown;
  readonly object_keys?: unknown;
}

/** Reads the Protobuf form. Throws when the bytes are no such message; what it holds is for the caller to check. */
export function readSyncEvent(bytes: Uint8Array): SyncEventFields {
  const { syncEventId, syncTaskId, objectKeys } = fromBinary(SyncEventSchema, bytes, { readUnknownFields: false });
  return {
    ...(syncEventId === undefined ? {} : { sync_event_id: syncEventId }),
    sync_task_id: syncTaskId,
    object_keys: objectKeys,
  };
}
