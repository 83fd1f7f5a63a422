import { readSyncEvent, type SyncEventFields } from '../wire/sync-event.wire.js';

/** A message that can never be handled. */
export class NotDecodable extends Error {
  override readonly name = 'NotDecodable';
}

/** Largest body that is looked at, in bytes: a hundred of the longest keys, each byte escaped, are a third of it. */
export const MAX_BODY_BYTES = 1_048_576;

const READERS: ReadonlyMap<string, (body: Buffer) => SyncEventFields> = new Map([
  ['application/json', readJson],
  ['application/x-protobuf', readProtobuf],
  ['application/protobuf', readProtobuf],
]);

/** A longer content type is nobody's, and its text should not fill the logs. */
const MAX_SHOWN = 100;

/**
 * Takes a message apart by its content type, JSON where none is given; parameters such as `charset` are ignored. Throws
 * `NotDecodable` for bodies that are too large, of another type, or not what they say they are.
 */
export function readBody(contentType: string | undefined, body: Buffer): SyncEventFields {
  if (body.length > MAX_BODY_BYTES)
    throw new NotDecodable(`The message is too large: ${body.length} bytes, at most ${MAX_BODY_BYTES}`);
  const [type = ''] = (contentType ?? 'application/json').split(';', 1);
  const read = READERS.get(type.trim().toLowerCase());
  if (read) return read(body);
  throw new NotDecodable(
    `The content type ${JSON.stringify(type.trim().slice(0, MAX_SHOWN))} is none of ${[...READERS.keys()].join(', ')}`,
  );
}

const utf8 = new TextDecoder('utf-8', { fatal: true });

function readJson(body: Buffer): SyncEventFields {
  let parsed: unknown;
  try {
    parsed = JSON.parse(utf8.decode(body));
  } catch (cause) {
    throw new NotDecodable('The message is not JSON in UTF-8', { cause });
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed))
    throw new NotDecodable('The message is not a JSON object');
  return parsed;
}

function readProtobuf(body: Buffer): SyncEventFields {
  try {
    return readSyncEvent(body);
  } catch (cause) {
    throw new NotDecodable('The message is not an openoms.v1.SyncEvent in Protobuf', { cause });
  }
}
