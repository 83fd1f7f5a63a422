import { Injectable } from '@nestjs/common';
import { derivedId, timeOrderedId } from '../kernel/ids.js';
import { Queue, QueueFull, QueueUnavailable } from '../queue/queue.port.js';
import { encodeSyncEvent, partitionKey, type SyncEventRequest } from './sync-event-message.js';
import { syncServiceBusy } from './sync-task.errors.js';

export interface RequestedSync {
  readonly projectId: string;
  readonly syncTaskId: string;
  /** Decoded and distinct. */
  readonly keys: readonly string[];
  /** The caller's name for this request: a repeat with the same keys is the same sync event. */
  readonly idempotencyKey?: string;
  readonly correlationId: string;
}

/** Puts requests into the queue: one sync event per partition, so that all events of one object keep their order. */
@Injectable()
export class SyncEventPublisher {
  constructor(private readonly queue: Queue) {}

  /** Resolves when the queue has the request durably. Rejects with SERVICE_BUSY when it is full or out of reach. */
  async publish(requested: RequestedSync): Promise<void> {
    const groups = [...this.byPartition(requested.syncTaskId, requested.keys)];
    const messages = groups.map(([partition, keys]) =>
      encodeSyncEvent({ ...requested, keys, syncEventId: syncEventId(requested, partition, keys, groups.length) }),
    );
    try {
      await this.queue.publish(messages);
    } catch (error) {
      if (error instanceof QueueFull || error instanceof QueueUnavailable) throw syncServiceBusy(error);
      throw error;
    }
  }

  /** Puts an event that exists already back into the queue, under its own id. Rejects as `Queue.publish` does. */
  async republish(events: readonly SyncEventRequest[]): Promise<void> {
    await this.queue.publish(events.map(encodeSyncEvent));
  }

  /** Puts the parts of an event that is being handled in its place, a full queue notwithstanding. */
  async replace(parts: readonly SyncEventRequest[]): Promise<void> {
    await this.queue.publish(parts.map(encodeSyncEvent), { replacing: true });
  }

  /** Splits keys by the partition that all events of each key travel through. */
  byPartition(syncTaskId: string, keys: readonly string[]): ReadonlyMap<number, readonly string[]> {
    const groups = new Map<number, string[]>();
    for (const key of keys) {
      const partition = this.queue.partitionOf(partitionKey(syncTaskId, key));
      const group = groups.get(partition);
      if (group) group.push(key);
      else groups.set(partition, [key]);
    }
    return groups;
  }
}

/** A repeat under one idempotency key must ask for the same keys: with other keys it is another event, never lost. */
function syncEventId(requested: RequestedSync, partition: number, keys: readonly string[], groups: number): string {
  const { idempotencyKey, syncTaskId } = requested;
  if (idempotencyKey !== undefined) return derivedId(syncTaskId, idempotencyKey, ...keys);
  return groups === 1 ? timeOrderedId() : derivedId(requested.correlationId, timeOrderedId(), String(partition));
}
