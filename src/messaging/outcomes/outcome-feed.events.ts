import type { EventSchema } from '../../event-store/upcast.js';
import type { DomainEvent } from '../../kernel/domain-event.js';

/**
 * What was settled up to this position of the log is published, or was settled before outcomes were published at all. The
 * position is a decimal string; null is the beginning of the log.
 */
export type SyncOutcomesPublished = DomainEvent<'SyncOutcomesPublished', { upTo: string | null; at: string }>;

export const OUTCOME_FEED_EVENT_SCHEMAS = {
  SyncOutcomesPublished: { version: 1 },
} as const satisfies Record<SyncOutcomesPublished['type'], EventSchema>;

/** Two, so that the full one can go when the other one has begun. */
export const OUTCOME_FEED_STREAMS = ['syncOutcomes-a', 'syncOutcomes-b'] as const;
