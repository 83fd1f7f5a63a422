import { isUuid } from '../kernel/ids.js';
import type { NewEvent } from './event-store.port.js';

const MAX_STREAM_NAME = 1024;

/** Throws a plain error for what no caller may ever send: such an append is a bug, not a conflict. */
export function validateAppend(stream: string, events: readonly NewEvent[]): void {
  validateStream(stream);
  if (events.length === 0) throw new Error(`Nothing to append to ${stream}`);
  for (const event of events)
    if (!isUuid(event.id)) throw new Error(`Event id of a ${event.type} for ${stream} is not a canonical UUID`);
  if (events.length > 1 && new Set(events.map((event) => event.id)).size < events.length)
    throw new Error(`Two events for ${stream} share one id`);
}

export function validateStream(stream: string): void {
  if (stream.length === 0 || stream.length > MAX_STREAM_NAME)
    throw new Error(`A stream name has 1 to ${MAX_STREAM_NAME} characters, not ${stream.length}`);
}

export function validateMaxAge(seconds: number): void {
  if (!Number.isSafeInteger(seconds) || seconds < 1)
    throw new Error(`The maximum age of a stream is a whole number of seconds from 1, not ${seconds}`);
}
