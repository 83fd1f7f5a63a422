import type { StoreError, StoreErrorKind } from '../../object-store/object-store.port.js';
import type { TaskType } from '../../tasks/task.settings.js';
import { causeLine, reasonOf, type FailureReason, type Side } from '../../transfer/failure-reasons.js';
import { ListFileError, type ListFileProblem } from '../../transfer/migration/list-file-error.js';
import { SideError } from '../../transfer/side-error.js';
import type { TransferFailure } from '../../transfer/transfer-outcome.js';
import { VaultError } from '../../vault/vault-error.js';

/** Why a task, or one of its objects, failed: a code of OMS, and a line for people that never holds a secret. */
export interface TaskFailure {
  readonly code: string;
  readonly message: string;
}

/** Codes of OMS that do not follow from a store's failure. */
export const TRF = {
  SYSTEM_ERROR: 'TRF.0001',
  WAITED_TOO_LONG: 'TRF.0003',
  NOTHING_TO_MIGRATE: 'TRF.0012',
  OBJECTS_FAILED: 'TRF.0062',
} as const;

interface Described {
  readonly code: string;
  readonly text: string;
}

const described = (code: string, text: string): Described => ({ code, text });

const SOURCE_TROUBLE = described('TRF.0157', 'The source gave no usable answer');
const DESTINATION_TROUBLE = described('TRF.0061', 'The destination gave no usable answer');
const NAME_TOO_LONG = described('TRF.0060', 'The name of the object is too long for the destination');
const NO_SPACE = described('TRF.0055', 'The destination has no room left');

const BY_REASON: Readonly<Record<FailureReason, Described>> = {
  SOURCE_NOT_FOUND: described('TRF.0156', 'The source object does not exist'),
  SOURCE_BUCKET_NOT_FOUND: described('TRF.0155', 'The source bucket does not exist'),
  SOURCE_DENIED: described('TRF.0152', 'The source keys lack a permission that is needed'),
  SOURCE_CREDENTIALS_REFUSED: described('TRF.0151', 'The source does not accept the keys'),
  SOURCE_ARCHIVED: described('TRF.0202', 'The source object is archived and is not restored'),
  SOURCE_CHANGED: described('TRF.0157', 'The source object kept changing while it was read'),
  SOURCE_UNAVAILABLE: SOURCE_TROUBLE,
  SOURCE_THROTTLED: described('TRF.0159', 'The source kept asking to slow down'),
  SOURCE_INVALID: SOURCE_TROUBLE,
  DESTINATION_NOT_FOUND: described('TRF.0059', 'The destination object does not exist'),
  DESTINATION_BUCKET_NOT_FOUND: described('TRF.0058', 'The destination bucket does not exist'),
  DESTINATION_DENIED: described('TRF.0051', 'The destination keys lack a permission that is needed'),
  DESTINATION_CREDENTIALS_REFUSED: described('TRF.0057', 'The destination does not accept the keys'),
  DESTINATION_ARCHIVED: DESTINATION_TROUBLE,
  DESTINATION_CHANGED: DESTINATION_TROUBLE,
  DESTINATION_UNAVAILABLE: DESTINATION_TROUBLE,
  DESTINATION_THROTTLED: DESTINATION_TROUBLE,
  DESTINATION_INVALID: described('TRF.0061', 'The destination does not take this'),
  TARGET_NAME_TOO_LONG: NAME_TOO_LONG,
  OBJECT_TOO_LARGE: described('TRF.0061', 'The object is larger than the destination takes'),
  CHECKSUM_MISMATCH: described('TRF.0061', 'What arrived was not what was sent'),
  OBJECT_TIMEOUT: described('TRF.0061', 'The object was not done in time'),
  INTERNAL_ERROR: described(TRF.SYSTEM_ERROR, 'System error'),
};

/** The source refuses to restore, or its restore failed. */
const RESTORE_CODES: ReadonlySet<string> = new Set([
  'RestoreFailed',
  'RestoreNotAllowed',
  'GlacierExpeditedRetrievalNotAvailable',
]);
const TOO_LONG_CODES: ReadonlySet<string> = new Set(['KeyTooLongError', 'KeyTooLong', 'ENAMETOOLONG', 'InvalidURI']);
const NO_SPACE_CODES: ReadonlySet<string> = new Set([
  'ENOSPC',
  'EDQUOT',
  'QuotaExceeded',
  'InsufficientStorageSpace',
  'InsufficientStorage',
]);

function describe(side: Side, reason: FailureReason, backendCode: string): Described {
  if (side === 'destination' && TOO_LONG_CODES.has(backendCode)) return NAME_TOO_LONG;
  if (side === 'destination' && NO_SPACE_CODES.has(backendCode)) return NO_SPACE;
  if (reason === 'SOURCE_ARCHIVED' && RESTORE_CODES.has(backendCode))
    return described('TRF.0201', 'The source could not restore the archived object');
  if (reason === 'OBJECT_TIMEOUT' && side === 'source') return described('TRF.0157', BY_REASON.OBJECT_TIMEOUT.text);
  return BY_REASON[reason];
}

/** The code in the line of an object that failed. */
export const trfOfObject = ({ side, reason, code }: TransferFailure): string => describe(side, reason, code).code;

/** Why a task cannot go on, after a failure of one of its two places. */
export function trfOfStore(side: Side, failure: StoreError): TaskFailure {
  const reason = reasonOf(side, failure);
  const { code, text } = describe(side, reason, failure.backendCode ?? '');
  return { code, message: `${text} (${failure.backendCode ?? failure.kind}): ${causeLine(failure.message)}` };
}

const BY_LIST_PROBLEM: Readonly<Record<ListFileProblem, Described>> = {
  missing: described('TRF.0013', 'There is no such list file'),
  'wrong-name': described('TRF.0014', 'The list file is no .txt file'),
  'too-large': described('TRF.0014', 'The list file is larger than 100 MB'),
  'line-too-long': described('TRF.0018', 'A line of the list file is longer than 65,535 characters'),
  'wrong-type': described('TRF.0019', 'The list file is not of content type text/plain'),
  encoded: described('TRF.0019', 'The list file has a content encoding'),
  'bad-url': described('TRF.0016', 'No line of the list file is a URL'),
  empty: described(TRF.NOTHING_TO_MIGRATE, 'The list file names no object'),
  changed: described('TRF.0301', 'The list file is another one than it was when the task began'),
  unreadable: described('TRF.0301', 'The list file cannot be read'),
};

const REFUSED: ReadonlySet<StoreErrorKind> = new Set(['denied', 'bad-credentials']);

function trfOfList({ kind, file, failure }: ListFileError, taskType: TaskType): TaskFailure {
  const { code, text } =
    kind === 'empty' && taskType === 'url_list'
      ? described('TRF.0017', 'The list file holds no URL')
      : failure !== undefined && REFUSED.has(failure.kind)
        ? described('TRF.0013', 'The destination keys may not read the list file')
        : BY_LIST_PROBLEM[kind];
  const why = failure === undefined ? '' : ` (${failure.backendCode ?? failure.kind})`;
  return { code, message: causeLine(`${text}${why}: ${file}`) };
}

/** What a task fails with that ended with `error`; undefined for a defect of this service, which its log has to tell. */
export function trfOfError(error: unknown, taskType: TaskType): TaskFailure | undefined {
  if (error instanceof SideError) return trfOfStore(error.side, error.failure);
  if (error instanceof ListFileError) return trfOfList(error, taskType);
  if (error instanceof VaultError) return KEYS_UNREADABLE;
  return undefined;
}

const KEYS_UNREADABLE: TaskFailure = {
  code: TRF.SYSTEM_ERROR,
  message: 'The access keys of the task cannot be opened: start the task with its keys',
};

export const SYSTEM_ERROR: TaskFailure = {
  code: TRF.SYSTEM_ERROR,
  message: 'System error; see the log of the service',
};
