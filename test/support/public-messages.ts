import { create, fromBinary, fromJsonString, toBinary, toJson, type JsonValue } from '@bufbuild/protobuf';
import { SyncEventSchema } from '../../src/wire/generated/openoms/v1/sync_event_pb.js';
import { SyncOutcomeSchema } from '../../src/wire/generated/openoms/v1/sync_outcome_pb.js';

/** A sync event in Protobuf, as a producer writes it; the keys are URL-encoded by the caller. */
export function syncEventBytes(event: {
  readonly syncEventId?: string;
  readonly syncTaskId: string;
  readonly objectKeys: readonly string[];
}): Buffer {
  const message = create(SyncEventSchema, { ...event, objectKeys: [...event.objectKeys] });
  return Buffer.from(toBinary(SyncEventSchema, message));
}

/** A sync outcome as a reader sees it, in the JSON form with the names of the schema. */
export function readSyncOutcome(value: Buffer, format: 'protobuf' | 'json'): JsonValue {
  const message =
    format === 'protobuf'
      ? fromBinary(SyncOutcomeSchema, value)
      : fromJsonString(SyncOutcomeSchema, value.toString('utf8'));
  return toJson(SyncOutcomeSchema, message, { useProtoFieldName: true });
}
