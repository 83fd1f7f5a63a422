import { randomFillSync } from 'node:crypto';
import { v4, v5, v7 } from 'uuid';

/** Name space of ids derived from other ids, fixed for ever: a changed value would make old repeats look new. */
const DERIVED = '6f0d4f6e-6f6d-5c73-8e1d-0f6f6d735f31';

/** A random id (UUIDv4), for tasks and credentials. */
export const randomId = (): string => v4();

/** Random bytes are drawn for many ids at once: one draw costs more than an id. */
const pool = Buffer.alloc(16 * 256);
let used = pool.length;
const sixteenRandomBytes = (): Buffer => {
  if (used === pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  return pool.subarray(used, (used += 16));
};

/** A time-ordered id (UUIDv7), for events and messages. */
export const timeOrderedId = (): string => v7({ rng: sixteenRandomBytes });

/** The same parts give the same id (UUIDv5): a repeat is recognized by its id. */
export const derivedId = (...parts: readonly string[]): string => v5(JSON.stringify(parts), DERIVED);

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** True for a UUID in its canonical lower-case form. */
export const isUuid = (text: string): boolean => UUID.test(text);
