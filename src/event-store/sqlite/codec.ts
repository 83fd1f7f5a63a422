import type { DomainEvent, EventMetadata } from '../../kernel/domain-event.js';
import type { NewEvent, RecordedEvent } from '../event-store.port.js';
import type { EventSchemas } from '../upcast.js';

/** An event ready to be written: encoded when it is handed in, so that later changes by its owner have no effect. */
export interface EncodedEvent {
  readonly id: Buffer;
  readonly type: string;
  readonly data: string;
  readonly metadata: string;
}

/** position, revision, kind, id, data, metadata, stream name */
export type EventRow = [number, number, number, Buffer, string, string, string];

export const encodeEvent = ({ id, type, data, metadata }: NewEvent): EncodedEvent => ({
  id: encodeId(id),
  type,
  data: JSON.stringify(data),
  metadata: JSON.stringify(metadata),
});

export const encodedBytes = ({ data, metadata }: EncodedEvent): number => data.length + metadata.length;

export function decodeEvent<E extends DomainEvent>(
  row: EventRow,
  type: string,
  schemas: EventSchemas,
): RecordedEvent<E> {
  const [position, revision, , id, data, metadata, stream] = row;
  // The border where stored JSON gets its type: what was written through the port is what its types say.
  const stored = { type, data: JSON.parse(data) as object };
  const current = schemas.upcast(stored, JSON.parse(metadata) as EventMetadata);
  const place = { id: decodeId(id), stream, revision: BigInt(revision), position: BigInt(position) };
  return { type, ...place, ...current } as RecordedEvent<E>;
}

const encodeId = (id: string): Buffer => Buffer.from(id.replaceAll('-', ''), 'hex');

function decodeId(id: Buffer): string {
  const hex = id.toString('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}
