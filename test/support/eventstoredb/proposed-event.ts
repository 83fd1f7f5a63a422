import type { AppendReq, BatchAppendReq } from '@eventstore/db-client/generated/streams_pb.js';
import type { StreamIdentifier as WireStreamIdentifier } from '@eventstore/db-client/generated/shared_pb.js';
import { handlerFailed, requiredMetadataMissing } from './rpc-error.js';
import type { ExpectedState, ProposedEvent } from './stored-event.js';
import { parseEventId } from './uuid.js';
import { StreamIdentifier } from './wire.js';

type ProposedMessage = AppendReq.ProposedMessage | BatchAppendReq.ProposedMessage;

const JSON_TYPE = 'application/json';
const CONTENT_TYPES = new Set([JSON_TYPE, 'application/octet-stream']);
/** Larger records do not fit into the log of the real server. */
const MAX_RECORD_BYTES = 16 * 1024 * 1024 - 1024;

/** An event as the server takes it; throws what the real server answers to one that it refuses. */
export const decodeEvent = (message: ProposedMessage): ProposedEvent => {
  const properties = message.getMetadataMap();
  const type = properties.get('type');
  if (type === undefined) throw requiredMetadataMissing('type');
  const contentType = properties.get('content-type');
  if (contentType === undefined) throw requiredMetadataMissing('content-type');
  if (!CONTENT_TYPES.has(contentType)) throw handlerFailed(`Unknown content type ${contentType}.`);
  if (type === '') throw handlerFailed("Value cannot be null. (Parameter 'eventType')");
  const data = message.getData_asU8();
  const metadata = message.getCustomMetadata_asU8();
  if (data.length + metadata.length + type.length * 2 > MAX_RECORD_BYTES) throw handlerFailed('Record is too big.');
  return { id: parseEventId(message.getId()), type, isJson: contentType === JSON_TYPE, data, metadata };
};

export const decodeStreamName = (identifier: WireStreamIdentifier | undefined): string => {
  const name = identifier && Buffer.from(identifier.getStreamName_asU8()).toString('utf8');
  if (name === undefined || name === '') throw handlerFailed("Value cannot be null. (Parameter 'eventStreamId')");
  return name;
};

export const streamIdentifier = (name: string): WireStreamIdentifier =>
  new StreamIdentifier().setStreamName(Buffer.from(name, 'utf8'));

/** The choices of an expected revision, under the names that most requests give them. */
export interface ExpectedChoice {
  hasAny(): boolean;
  hasNoStream(): boolean;
  hasStreamExists(): boolean;
}

/** `revision`: the text of the exact revision, undefined when another choice was made. */
export const decodeExpected = (choice: ExpectedChoice, revision: string | undefined): ExpectedState => {
  if (revision !== undefined) return Number(revision);
  if (choice.hasAny()) return 'any';
  if (choice.hasNoStream()) return 'no_stream';
  if (choice.hasStreamExists()) return 'stream_exists';
  throw handlerFailed('No expected revision given.');
};
