import { lengthProblem } from '../../http/validation/fields.js';
import type { CdnAuthentication } from '../../object-store/http/cdn/cdn.js';

/** What the fields of the task calls may hold, as checks that answer the rest of a sentence or nothing. */

/** The last second an ISO 8601 string of four year digits can say. Milliseconds by mistake are beyond it. */
export const MAX_TIME_S = 253_402_300_799;

/** The characters that either list of the API reference forbids. */
export const FORBIDDEN_IN_DESCRIPTION = '^ < > ( ) " \' &';
const FORBIDDEN = /[\^<>()"'&]/;

export const descriptionProblem = (value: unknown): string | undefined =>
  typeof value === 'string' && FORBIDDEN.test(value) ? `must not contain ${FORBIDDEN_IN_DESCRIPTION}` : undefined;

/** Known to the contract, not to this version. Empty counts as not given. */
export const unsupportedText =
  (why: string) =>
  (value: unknown): string | undefined =>
    value === '' ? undefined : `is refused: ${why}`;

export const MAX_OBJECT_KEYS = 500;
const MAX_KEY_LENGTH = 1024;
const LONE_SURROGATE = /\p{Surrogate}/u;

/** A text that has a UTF-8 form; half a surrogate pair has none. */
export const keyProblem = (value: unknown): string | undefined =>
  lengthProblem(value, 0, MAX_KEY_LENGTH) ??
  (typeof value === 'string' && LONE_SURROGATE.test(value) ? 'must be well-formed Unicode' : undefined);

export function objectKeysProblem(value: unknown): string | undefined {
  if (!Array.isArray(value)) return `must be an array of at most ${MAX_OBJECT_KEYS} strings`;
  if (value.length > MAX_OBJECT_KEYS) return `must hold at most ${MAX_OBJECT_KEYS} names, not ${value.length}`;
  for (const [index, key] of value.entries()) {
    const problem = keyProblem(key);
    if (problem !== undefined) return `[${index}] ${problem}`;
  }
  return undefined;
}

export const listFileNumProblem = (value: unknown): string | undefined =>
  typeof value === 'string' && /^[0-9]{0,9}$/.test(value) ? undefined : 'must be a string of decimal digits';

/** These want no key of their own: nothing is signed, or it is signed with the keys of the source. */
const KEYLESS: readonly CdnAuthentication[] = ['NONE', 'QINIU_PRIVATE_AUTHENTICATION', 'KSYUN_PRIVATE_AUTHENTICATION'];
export const needsCdnKey = (type: CdnAuthentication): boolean => !KEYLESS.includes(type);

const LABEL = '[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?';
const HOST = new RegExp(`^${LABEL}(\\.${LABEL})*(:[0-9]{1,5})?$`, 'i');
const MAX_HOST_LENGTH = 253 + ':65535'.length;
const MAX_PORT = 65_535;

/** A host name or IPv4 address, with a port or without. */
export function domainProblem(value: unknown): string | undefined {
  if (typeof value !== 'string') return 'must be a string';
  const port = Number(value.split(':')[1] ?? 1);
  if (value.length <= MAX_HOST_LENGTH && HOST.test(value) && port >= 1 && port <= MAX_PORT) return undefined;
  return 'must be a domain name, without scheme and path';
}

export const TRIGGER_CONDITIONS = ['SUCCESS', 'FAILURE'] as const;

export function triggerConditionsProblem(value: unknown): string | undefined {
  const known: readonly unknown[] = TRIGGER_CONDITIONS;
  if (Array.isArray(value) && value.length > 0 && value.every((item) => known.includes(item)))
    if (new Set(value).size === value.length) return undefined;
  return `must be an array with one or both of ${TRIGGER_CONDITIONS.join(', ')}`;
}

export const MAX_BATCH = 20;

export function taskIdsProblem(value: unknown): string | undefined {
  if (!Array.isArray(value) || value.length > MAX_BATCH) return `must be an array of at most ${MAX_BATCH} task ids`;
  const wrong = value.findIndex((id) => !Number.isSafeInteger(id) || Number(id) < 0);
  return wrong < 0 ? undefined : `[${wrong}] must be a whole number from 0`;
}
