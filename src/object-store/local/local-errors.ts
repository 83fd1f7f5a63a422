import { StoreError, type StoreErrorKind } from '../object-store.port.js';

const KINDS: Readonly<Record<string, StoreErrorKind>> = {
  ENOENT: 'not-found',
  EACCES: 'denied',
  EPERM: 'denied',
  EROFS: 'denied',
  ELOOP: 'invalid',
  ENAMETOOLONG: 'invalid',
  EILSEQ: 'invalid',
  EFBIG: 'invalid',
  EINVAL: 'invalid',
  ETIMEDOUT: 'timeout',
};

/** The system's code, such as `ENOENT`. */
export const codeOf = (error: unknown): string | undefined =>
  typeof error === 'object' && error !== null && 'code' in error && typeof error.code === 'string'
    ? error.code
    : undefined;

/**
 * Puts what the file system said into the port's words. A full disk, too many open files or a failing device may pass,
 * so they are `unavailable`. Errors that are none of the file system's stay as they are.
 */
export const toStoreError = (error: unknown, what: string): unknown => {
  const code = codeOf(error);
  if (error instanceof StoreError || code === undefined || !/^E[A-Z0-9]+$/.test(code)) return error;
  return new StoreError(KINDS[code] ?? 'unavailable', `${what}: ${code}`, { backendCode: code, cause: error });
};
