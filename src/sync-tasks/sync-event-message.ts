import type { QueueMessage } from '../queue/queue.port.js';
import { decodeObjectKeys } from './object-keys.js';

/** What travels through the queue: the body of the events call plus the ids. Keys are URL-encoded, as in the API. */
interface SyncEventBody {
  readonly sync_event_id: string;
  readonly sync_task_id: string;
  readonly object_keys: readonly string[];
}

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

/** A message that can never be handled. */
export class NotDecodable extends Error {
  override readonly name = 'NotDecodable';
}

/** All events of one object have one key, hence one partition and one order. */
export const partitionKey = (syncTaskId: string, objectKey: string): string => `${syncTaskId}/${objectKey}`;

export function encodeSyncEvent(request: SyncEventRequest): QueueMessage {
  const { syncEventId, syncTaskId, keys, correlationId, projectId } = request;
  const body: SyncEventBody = {
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

/** Decodes and checks a message. Throws `NotDecodable` saying which field is wrong. */
export function decodeSyncEvent({
  id,
  headers,
  body,
}: Pick<QueueMessage, 'id' | 'headers' | 'body'>): SyncEventRequest {
  const parsed = parseBody(body);
  const { sync_event_id: syncEventId = id, sync_task_id: syncTaskId, object_keys: encoded } = parsed;
  if (!isName(syncEventId))
    throw new NotDecodable(`sync_event_id must be a string of 1 to ${MAX_ID_LENGTH} characters`);
  if (!isName(syncTaskId)) throw new NotDecodable(`sync_task_id must be a string of 1 to ${MAX_ID_LENGTH} characters`);
  if (!isKeyList(encoded)) throw new NotDecodable(`object_keys must be an array of 1 to ${MAX_KEYS} strings`);
  const projectId = headers['project-id'];
  return {
    syncEventId,
    syncTaskId,
    keys: decodeKeys(encoded),
    correlationId: headers['correlation-id'] ?? id,
    ...(projectId === undefined ? {} : { projectId }),
  };
}

const isName = (value: unknown): value is string =>
  typeof value === 'string' && value.length > 0 && value.length <= MAX_ID_LENGTH;

const isKeyList = (value: unknown): value is readonly string[] =>
  Array.isArray(value) && value.length > 0 && value.length <= MAX_KEYS && value.every((key) => typeof key === 'string');

function parseBody(body: Buffer): Record<string, unknown> {
  try {
    const parsed: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body));
    if (typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed)) return { ...parsed };
  } catch (cause) {
    throw new NotDecodable('The message is not JSON in UTF-8', { cause });
  }
  throw new NotDecodable('The message is not a JSON object');
}

function decodeKeys(encoded: readonly string[]): readonly string[] {
  try {
    return decodeObjectKeys(encoded);
  } catch (cause) {
    throw new NotDecodable(cause instanceof Error ? cause.message : 'object_keys cannot be decoded', { cause });
  }
}
