import type { EventSchema } from '../event-store/upcast.js';
import type { DomainEvent } from '../kernel/domain-event.js';

/**
 * A process has the lease from here on. `owner` names the process and this run of it; `ttlMs` is how long the others let the
 * stream stand still before they take the lease over. No time of day: clocks of machines are never compared.
 */
export type LeaseTaken = DomainEvent<'LeaseTaken', { owner: string; ttlMs: number }>;
/** Its owner is still there. */
export type LeaseRenewed = DomainEvent<'LeaseRenewed', { owner: string; ttlMs: number }>;
/** Its owner has ended its work: the lease is free. */
export type LeaseReleased = DomainEvent<'LeaseReleased', { owner: string; ttlMs: number }>;

export type LeaseEvent = LeaseTaken | LeaseRenewed | LeaseReleased;

export const LEASE_EVENT_SCHEMAS = {
  LeaseTaken: { version: 1 },
  LeaseRenewed: { version: 1 },
  LeaseReleased: { version: 1 },
} as const satisfies Record<LeaseEvent['type'], EventSchema>;

export const LEASE_STREAMS = 'lease-';
export const leaseStream = (name: string): string => LEASE_STREAMS + name;
