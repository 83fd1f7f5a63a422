import type { QueueMessage } from '../queue/queue.port.js';
import { decodeObjectKeys } from './object-keys.js';
import { NotDecodable, readBody } from './sync-event-body.js';

export { NotDecodable } from './sync-event-body.js';

/** A decoded message; `keys` are decoded and distinct. */
export interface SyncEventRequest {
  readonly syncEventId: string;
  readonly syncTaskId: string;
  readonly keys: readonly string[];
  /** The request it came with. */
  readonly correlationId: string;
  /** Known for what came through the API; absent in messages of other producers. */
  readonly projectId?: string;
}

/** All events of one object have one key, hence one partition and one order. */
export const partitionKey = (syncTaskId: string, objectKey: string): string => `${syncTaskId}/${objectKey}`;

/** The JSON form of the public message `SyncEvent` (see `proto/`): the body of the events call plus the ids. */
export function encodeSyncEvent(request: SyncEventRequest): QueueMessage {
  const { syncEventId, syncTaskId, keys, correlationId, projectId } = request;
  const body = {
    sync_event_id: syncEventId,
    sync_task_id: syncTaskId,
    object_keys: keys.map((key) => encodeURIComponent(key)),
  };
  return {
    id: syncEventId,
    key: partitionKey(syncTaskId, keys[0] ?? ''),
    weight: keys.length,
    headers: {
      'content-type': 'application/json',
      'correlation-id': correlationId,
      ...(projectId === undefined ? {} : { 'project-id': projectId }),
    },
    body: Buffer.from(JSON.stringify(body)),
  };
}

const MAX_KEYS = 100;
const MAX_ID_LENGTH = 255;
/** Ids become part of stream names, list names and log lines: what no line of text can hold has no place in them. */
const NOT_IN_IDS = /[\p{Cc}\p{Zl}\p{Zp}\p{Surrogate}]/u;

/**
 * Decodes and checks a message, JSON or Protobuf by its content type; the limits are the same for both. Throws
 * `NotDecodable`, and nothing else, saying which field is wrong.
 */
export function decodeSyncEvent({
  id,
  headers,
  body,
}: Pick<QueueMessage, 'id' | 'headers' | 'body'>): SyncEventRequest {
  const fields = readBody(headerOf(headers, 'content-type'), body);
  const projectId = headerOf(headers, 'project-id');
  const syncEventId = checkedId('sync_event_id', fields.sync_event_id ?? id);
  const correlations = [headerOf(headers, 'correlation-id') ?? '', id];
  return {
    syncEventId,
    syncTaskId: checkedId('sync_task_id', fields.sync_task_id),
    keys: decodeKeys(fields.object_keys),
    // It only ties what happened together: a useless one is replaced, and no reason to refuse the work.
    correlationId: correlations.find(isId) ?? syncEventId,
    ...(projectId === undefined ? {} : { projectId }),
  };
}

/** Producers spell the names of headers as they like. */
function headerOf(headers: Readonly<Record<string, string>>, wanted: string): string | undefined {
  const exact = headers[wanted];
  if (exact !== undefined) return exact;
  const name = Object.keys(headers).find((candidate) => candidate.toLowerCase() === wanted);
  return name === undefined ? undefined : headers[name];
}

const isId = (text: string): boolean => text.length > 0 && text.length <= MAX_ID_LENGTH && !NOT_IN_IDS.test(text);

function checkedId(field: string, value: unknown): string {
  if (typeof value !== 'string' || value.length === 0 || value.length > MAX_ID_LENGTH)
    throw new NotDecodable(`${field} must be a string of 1 to ${MAX_ID_LENGTH} characters`);
  if (!isId(value)) throw new NotDecodable(`${field} must not hold control characters, line breaks or lone surrogates`);
  return value;
}

const isKeyList = (value: unknown): value is readonly string[] =>
  Array.isArray(value) && value.length > 0 && value.length <= MAX_KEYS && value.every((key) => typeof key === 'string');

function decodeKeys(encoded: unknown): readonly string[] {
  if (!isKeyList(encoded)) throw new NotDecodable(`object_keys must be an array of 1 to ${MAX_KEYS} strings`);
  try {
    return decodeObjectKeys(encoded);
  } catch (cause) {
    throw new NotDecodable(cause instanceof Error ? cause.message : 'object_keys cannot be decoded', { cause });
  }
}
