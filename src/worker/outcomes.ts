import { assertNever } from '../kernel/assert-never.js';
import type { ObjectOutcome } from '../sync-tasks/sync-event.events.js';
import type { TransferOutcome } from '../transfer/sync-object.js';
import type { VaultErrorKind } from '../vault/vault-error.js';
import type { LaneResult } from './key-lanes.js';

/** Why a key was ignored although its copy was made: another event of the same key asked for the very same copy. */
const SHARED = 'COPIED_FOR_ANOTHER_EVENT';

/** What a transfer gave, as the outcome of one event's key. */
export function outcomeOf(key: string, { result, first }: LaneResult<TransferOutcome>): ObjectOutcome {
  switch (result.outcome) {
    case 'synced':
      if (!first) return { key, outcome: 'ignored', size: result.size, reason: SHARED };
      return { key, outcome: 'synced', size: result.size, proof: result.proof };
    case 'ignored':
      return { key, outcome: 'ignored', size: result.size, reason: result.reason };
    case 'failed': {
      const { reason, code, cause, size, notStarted } = result;
      return {
        key,
        outcome: 'failed',
        reason,
        code,
        cause,
        ...(size === undefined ? {} : { size }),
        ...(notStarted === undefined ? {} : { notStarted }),
      };
    }
    default:
      return assertNever(result);
  }
}

/** The outcome of every key of a deleted task's events. */
export const taskDeleted = (key: string): ObjectOutcome => ({
  key,
  outcome: 'failed',
  reason: 'TASK_DELETED',
  code: 'TaskDeleted',
  cause: 'The synchronization task was deleted before this object was synchronized',
});

/** The outcome of every key while the sealed keys of the task cannot be opened, as after a lost master key. */
export const credentialsUnreadable = (key: string, kind: VaultErrorKind): ObjectOutcome => ({
  key,
  outcome: 'failed',
  reason: 'CREDENTIALS_UNREADABLE',
  code: kind,
  cause: 'The access keys of the task cannot be opened: stop the task and start it with its keys',
  notStarted: true,
});
