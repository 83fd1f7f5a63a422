import type { UUID as WireUuid } from '@eventstore/db-client/generated/shared_pb.js';
import { handlerFailed } from './rpc-error.js';
import { UUID } from './wire.js';

const CANONICAL = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const EMPTY = '00000000-0000-0000-0000-000000000000';

const fromStructured = (structured: WireUuid.Structured): string => {
  const half = (bits: string) => BigInt.asUintN(64, BigInt(bits)).toString(16).padStart(16, '0');
  const hex = half(structured.getMostSignificantBits()) + half(structured.getLeastSignificantBits());
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
};

/** The canonical text of an id; anything that is no UUID is refused. */
export const parseUuid = (uuid: WireUuid | undefined): string => {
  const structured = uuid?.getStructured();
  const text = structured === undefined ? (uuid?.getString() ?? '').toLowerCase() : fromStructured(structured);
  if (!CANONICAL.test(text)) throw handlerFailed('Guid should contain 32 digits with 4 dashes.');
  return text;
};

/** As `parseUuid`, for the id of an event: that may not be all zeros. */
export const parseEventId = (uuid: WireUuid | undefined): string => {
  const id = parseUuid(uuid);
  if (id === EMPTY) throw handlerFailed('Empty eventId provided.');
  return id;
};

export const uuidMessage = (id: string, structured: boolean): WireUuid => {
  const message = new UUID();
  if (!structured) return message.setString(id);
  const hex = id.replaceAll('-', '');
  const half = (from: number) => BigInt.asIntN(64, BigInt(`0x${hex.slice(from, from + 16)}`)).toString();
  return message.setStructured(new UUID.Structured().setMostSignificantBits(half(0)).setLeastSignificantBits(half(16)));
};
