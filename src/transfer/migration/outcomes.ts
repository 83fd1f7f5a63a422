import { StoreError, type StoreErrorKind } from '../../object-store/object-store.port.js';
import type { IgnoreReason } from '../compare.js';
import { causeLine, type FailureReason, reasonOf } from '../failure-reasons.js';
import { SideError } from '../side-error.js';
import type { Proof } from '../transfer-options.js';
import { nameTooLong, type TransferFailure } from '../transfer-outcome.js';
import type { MigratedObject, SourceEntry } from './migration.js';

const listedSize = ({ listed }: SourceEntry): number => Math.max(0, listed?.size ?? 0);

export const succeeded = ({ key, targetName }: SourceEntry, size: number, proof: Proof): MigratedObject =>
  targetName === undefined
    ? { key, size, outcome: 'succeeded', proof }
    : { key, targetName, size, outcome: 'succeeded', proof };

/** Written out, since spreading costs as much as everything else that is done for an object that is up to date. */
export const skipped = ({ key, targetName }: SourceEntry, size: number, reason: IgnoreReason): MigratedObject =>
  targetName === undefined
    ? { key, size, outcome: 'skipped', reason }
    : { key, targetName, size, outcome: 'skipped', reason };

export const failed = (entry: SourceEntry, failure: TransferFailure): MigratedObject => ({
  key: entry.key,
  ...(entry.targetName !== undefined && { targetName: entry.targetName }),
  size: failure.size ?? listedSize(entry),
  outcome: 'failed',
  failure,
});

/** What a store's failure makes of an object. */
export const failureOf = ({ side, failure }: SideError): TransferFailure => {
  const reason = reasonOf(side, failure);
  const cause = causeLine(failure.message);
  return { outcome: 'failed', reason, code: failure.backendCode ?? reason, cause, side };
};

/** Why an entry cannot even be tried; undefined for the others. */
export const problemOf = ({ problem }: SourceEntry, targetKey: string): TransferFailure | undefined =>
  problem === undefined
    ? nameTooLong(targetKey)
    : { outcome: 'failed', reason: 'SOURCE_INVALID', side: 'source', ...problem };

/** Reasons that hold for every other object as well. */
const FATAL: ReadonlyMap<FailureReason, StoreErrorKind> = new Map<FailureReason, StoreErrorKind>([
  ['SOURCE_BUCKET_NOT_FOUND', 'no-such-bucket'],
  ['SOURCE_CREDENTIALS_REFUSED', 'bad-credentials'],
  ['DESTINATION_BUCKET_NOT_FOUND', 'no-such-bucket'],
  ['DESTINATION_CREDENTIALS_REFUSED', 'bad-credentials'],
]);

/** Throws when no object of the migration can do better: its bucket is gone, or its credentials are refused. */
export function refuseToGoOn({ reason, side, cause, code }: TransferFailure): void {
  const kind = FATAL.get(reason);
  if (kind !== undefined) throw new SideError(side, new StoreError(kind, cause, { backendCode: code }));
}
