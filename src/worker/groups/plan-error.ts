import { StoreError } from '../../object-store/object-store.port.js';
import { causeLine } from '../../transfer/failure-reasons.js';

/** A group cannot be split; `code` is one of TRF.*. The message never holds a secret. */
export class PlanError extends Error {
  override readonly name = 'PlanError';

  constructor(
    readonly code: string,
    message: string,
    options?: ErrorOptions,
  ) {
    super(causeLine(message), options);
  }
}

export const nothingToMigrate = (): PlanError =>
  new PlanError('TRF.0012', 'There is no object that the task group could migrate');

export const noUrl = (): PlanError => new PlanError('TRF.0017', 'The list files hold no URL');

export const noListFile = (key: string): PlanError =>
  new PlanError('TRF.0013', `There is no .txt file at ${key} in the bucket of the list files`);

export const notAListFile = (key: string, why: string): PlanError =>
  new PlanError('TRF.0014', `The list file ${key} ${why}`);

export const lineTooLong = (key: string, offset: number): PlanError =>
  new PlanError('TRF.0018', `The list file ${key} has a line of more than 65535 bytes at byte ${offset}`);

export const wrongContentType = (key: string): PlanError =>
  new PlanError('TRF.0019', `The list file ${key} is not of content type text/plain, or has a content encoding`);

export const listFileChanged = (key: string): PlanError =>
  new PlanError('TRF.0301', `The list file ${key} is another one than it was when the task group began`);

const NOT_OBTAINABLE: ReadonlySet<StoreError['kind']> = new Set([
  'not-found',
  'no-such-bucket',
  'denied',
  'bad-credentials',
]);

/** A store's failure with a list file; anything else passes as it is. */
export function blameListFile(key: string, error: unknown): unknown {
  if (!(error instanceof StoreError)) return error;
  const { kind, backendCode = kind } = error;
  if (kind === 'changed') return listFileChanged(key);
  const code = NOT_OBTAINABLE.has(kind) ? 'TRF.0013' : 'TRF.0301';
  return new PlanError(code, `The list file ${key} cannot be read (${backendCode}): ${error.message}`, {
    cause: error,
  });
}
