import { create, toBinary, toJsonString } from '@bufbuild/protobuf';
import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import { ObjectResult, StoreSide, SyncOutcomeSchema } from './generated/openoms/v1/sync_outcome_pb.js';

/** The two forms of a public message; `json` is Protobuf's JSON mapping with the field names of the schema. */
export type WireFormat = 'protobuf' | 'json';

export const CONTENT_TYPES = { protobuf: 'application/x-protobuf', json: 'application/json' } as const satisfies Record<
  WireFormat,
  string
>;

export const SYNC_OUTCOME_TYPE = SyncOutcomeSchema.typeName;

/** How one object ended, for the public; see `ObjectOutcome` in `proto/`. */
export interface PublicObjectOutcome {
  readonly key: string;
  readonly result: 'synced' | 'ignored' | 'failed';
  readonly sizeBytes?: number;
  readonly proof?: string;
  readonly reason?: string;
  readonly code?: string;
  readonly cause?: string;
  readonly side?: 'source' | 'destination';
  readonly notStarted?: boolean;
}

/** A settled sync event, for the public; see `SyncOutcome` in `proto/`. */
export interface PublicSyncOutcome {
  readonly syncEventId: string;
  readonly syncTaskId: string;
  readonly projectId: string;
  readonly settledAt: Date;
  readonly outcomes: readonly PublicObjectOutcome[];
}

const RESULTS = {
  synced: ObjectResult.SYNCED,
  ignored: ObjectResult.IGNORED,
  failed: ObjectResult.FAILED,
} as const satisfies Record<PublicObjectOutcome['result'], ObjectResult>;

const SIDES = { source: StoreSide.SOURCE, destination: StoreSide.DESTINATION } as const;

/** The bytes of a `SyncOutcome` in either form. */
export function writeSyncOutcome(outcome: PublicSyncOutcome, format: WireFormat): Buffer {
  const message = create(SyncOutcomeSchema, {
    syncEventId: outcome.syncEventId,
    syncTaskId: outcome.syncTaskId,
    projectId: outcome.projectId,
    settledAt: timestampFromDate(outcome.settledAt),
    outcomes: outcome.outcomes.map(({ key, result, sizeBytes, side, ...rest }) => ({
      ...rest,
      objectKey: key,
      result: RESULTS[result],
      ...(sizeBytes === undefined ? {} : { sizeBytes: BigInt(sizeBytes) }),
      ...(side === undefined ? {} : { side: SIDES[side] }),
    })),
  });
  if (format === 'protobuf') return Buffer.from(toBinary(SyncOutcomeSchema, message));
  return Buffer.from(toJsonString(SyncOutcomeSchema, message, { useProtoFieldName: true }));
}
