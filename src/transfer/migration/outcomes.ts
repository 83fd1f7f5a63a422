import { StoreError, type StoreErrorKind } from '../../object-store/object-store.port.js';
import type { IgnoreReason } from '../compare.js';
import { causeLine, type FailureReason, reasonOf } from '../failure-reasons.js';
import { SideError } from '../side-error.js';
import type { Proof } from '../transfer-options.js';
import { nameTooLong, type TransferFailure } from '../transfer-outcome.js';
import type { MigratedObject, SourceEntry } from './migration.js';

const named = ({ key, targetName }: SourceEntry): { readonly key: string; readonly targetName?: string } =>
  targetName === undefined ? { key } : { key, targetName };

const listedSize = ({ listed }: SourceEntry): number => Math.max(0, listed?.size ?? 0);

export const succeeded = (entry: SourceEntry, size: number, proof: Proof): MigratedObject => ({
  ...named(entry),
  size,
  outcome: 'succeeded',
  proof,
});

export const skipped = (
  entry: SourceEntry,
  size: number,
  reason: IgnoreReason | 'NOT_MODIFIED_SINCE',
): MigratedObject => ({ ...named(entry), size, outcome: 'skipped', reason });

export const failed = (entry: SourceEntry, failure: TransferFailure): MigratedObject => ({
  ...named(entry),
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
