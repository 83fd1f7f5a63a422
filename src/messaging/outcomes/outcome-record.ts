import type { RecordedEvent } from '../../event-store/event-store.port.js';
import { assertNever } from '../../kernel/assert-never.js';
import type { OutcomeRecord } from '../../queue/outcome-publisher.port.js';
import { syncEventIdOf, type ObjectOutcome, type SyncEventSettled } from '../../sync-tasks/sync-event.events.js';
import {
  CONTENT_TYPES,
  SYNC_OUTCOME_TYPE,
  writeSyncOutcome,
  type PublicObjectOutcome,
  type PublicSyncOutcome,
  type WireFormat,
} from '../../wire/sync-outcome.wire.js';

/** Below what brokers take for a record where nothing is configured (1 MiB), its key and headers included. */
export const MAX_RECORD_BYTES = 900 * 1024;
const MAX_CAUSE_LENGTH = 1000;
const MAX_CODE_LENGTH = 255;

/** The public record of a settled sync event; see `proto/`. The key is the sync task, so that its records keep their order. */
export function outcomeRecord(
  { stream, data }: Pick<RecordedEvent<SyncEventSettled>, 'stream' | 'data'>,
  projectId: string,
  format: WireFormat,
): OutcomeRecord {
  const syncEventId = syncEventIdOf(stream);
  const { syncTaskId, at } = data;
  const outcomes = data.outcomes.map(publicOutcome);
  const outcome = { syncEventId, syncTaskId, projectId, settledAt: new Date(at), outcomes };
  return {
    key: syncTaskId,
    headers: {
      'content-type': CONTENT_TYPES[format],
      'message-type': SYNC_OUTCOME_TYPE,
      'sync-event-id': syncEventId,
    },
    value: boundedValue(outcome, format),
  };
}

/** A record that no topic takes would hold up all behind it: the words for people go first. */
function boundedValue(outcome: PublicSyncOutcome, format: WireFormat): Buffer {
  const value = writeSyncOutcome(outcome, format);
  if (value.length <= MAX_RECORD_BYTES) return value;
  const outcomes = outcome.outcomes.map((object) => ({ ...object, cause: '' }));
  return writeSyncOutcome({ ...outcome, outcomes }, format);
}

function publicOutcome(object: ObjectOutcome): PublicObjectOutcome {
  const { key, outcome: result } = object;
  switch (object.outcome) {
    case 'synced':
      return { key, result, sizeBytes: object.size, proof: object.proof };
    case 'ignored':
      return { key, result, sizeBytes: object.size, reason: object.reason };
    case 'failed': {
      const { reason, code, cause, size, notStarted } = object;
      return {
        ...{ key, result, reason },
        code: text(code, MAX_CODE_LENGTH),
        cause: text(cause, MAX_CAUSE_LENGTH),
        ...(size === undefined ? {} : { sizeBytes: size }),
        ...sideOf(reason),
        ...(notStarted ? { notStarted } : {}),
      };
    }
    default:
      return assertNever(object);
  }
}

/** A text that was cut between two halves of a character has no UTF-8. */
const text = (some: string, length: number): string => some.slice(0, length).replace(/\p{Surrogate}/gu, '\uFFFD');

function sideOf(reason: string): Pick<PublicObjectOutcome, 'side'> {
  if (reason.startsWith('SOURCE_')) return { side: 'source' };
  return reason.startsWith('DESTINATION_') ? { side: 'destination' } : {};
}
