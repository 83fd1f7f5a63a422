import type { DomainEvent, EventMetadata } from '../../kernel/domain-event.js';
import type { NewEvent, RecordedEvent } from '../event-store.port.js';
import type { EventSchemas } from '../upcast.js';
import { BatchAppendReq, uuid, uuidText } from './wire.js';
import type { ReadAnswer } from './wire.js';

const JSON_TYPE = 'application/json';
/** What a server without an answer puts in the place of a position or revision. */
const NONE = 2n ** 63n;

type Proposed = InstanceType<typeof BatchAppendReq.ProposedMessage>;
type Recorded = NonNullable<ReturnType<NonNullable<ReturnType<ReadAnswer['getEvent']>>['getEvent']>>;

/** An event ready for the wire: encoded when it is handed in, so that later changes by its owner have no effect. */
export interface EncodedEvent {
  readonly message: Proposed;
  readonly bytes: number;
}

export function encodeEvent({ id, type, data, metadata }: NewEvent): EncodedEvent {
  const message = new BatchAppendReq.ProposedMessage();
  message.setId(uuid(id));
  message.getMetadataMap().set('type', type).set('content-type', JSON_TYPE);
  const body = Buffer.from(JSON.stringify(data), 'utf8');
  const custom = Buffer.from(JSON.stringify(metadata), 'utf8');
  message.setData(body);
  message.setCustomMetadata(custom);
  return { message, bytes: body.length + custom.length + type.length };
}

/** An event of a stream that is the server's own, such as the metadata of a stream. */
export function encodeSystemEvent(id: string, type: string, data: object): EncodedEvent {
  const message = new BatchAppendReq.ProposedMessage();
  message.setId(uuid(id));
  message.getMetadataMap().set('type', type).set('content-type', JSON_TYPE);
  const body = Buffer.from(JSON.stringify(data), 'utf8');
  message.setData(body);
  return { message, bytes: body.length };
}

/**
 * Stands last in a stream that is being deleted. The engine keeps the last event of a deleted stream for ever, and that must
 * not be one that holds a secret. Readers never see it.
 */
const REMOVAL_MARK = '$removed';

export const removalMark = (id: string): EncodedEvent => encodeSystemEvent(id, REMOVAL_MARK, {});

const typeOf = (event: Recorded): string => event.getMetadataMap().get('type') ?? '';

export const isRemovalMark = (event: Recorded): boolean => typeOf(event) === REMOVAL_MARK;

/** The event that an answer holds; undefined for an answer of another kind, and for a link to an event that is gone. */
export const recordedIn = (answer: ReadAnswer): Recorded | undefined => answer.getEvent()?.getEvent();

export const answerBytes = (answer: ReadAnswer): number => {
  const event = recordedIn(answer);
  return event ? event.getData_asU8().length + event.getCustomMetadata_asU8().length : 0;
};

/** A number of the wire that may be absent. */
export function present(number: string): bigint | undefined {
  const value = BigInt(number === '' ? 0 : number);
  return value < NONE ? value : undefined;
}

export const eventId = (event: Recorded): string => uuidText(event.getId());

export const streamOf = (event: Recorded): string =>
  Buffer.from(event.getStreamIdentifier()?.getStreamName_asU8() ?? []).toString('utf8');

export function positionOf(event: Recorded): bigint {
  const position = present(event.getCommitPosition());
  if (position === undefined)
    throw new Error('The event store does not tell positions of events in streams: version 22.10 or later is needed');
  return position;
}

/** Throws a plain error, without what it holds, for an event that was not written through the port. */
export function decodeEvent<E extends DomainEvent>(event: Recorded, schemas: EventSchemas): RecordedEvent<E> {
  const stream = streamOf(event);
  const revision = BigInt(event.getStreamRevision());
  const type = typeOf(event);
  const data = jsonIn(event.getData_asU8());
  const metadata = jsonIn(event.getCustomMetadata_asU8());
  if (!data || !isMetadata(metadata))
    throw new Error(`Event ${revision} of stream ${stream} (${type}) was not written by this service`);
  const place = { id: eventId(event), stream, revision, position: positionOf(event) };
  // The border where stored JSON gets its type: what was written through the port is what its types say.
  return { type, ...place, ...schemas.upcast({ type, data }, metadata) } as RecordedEvent<E>;
}

/** The JSON object in these bytes. Undefined for all else; the parser's own words would quote the content. */
export function jsonIn(bytes: Uint8Array): object | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('utf8'));
    return typeof value === 'object' && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}

const isMetadata = (value: object | undefined): value is EventMetadata =>
  value !== undefined && 'schemaVersion' in value && typeof value.schemaVersion === 'number';
