import type { DomainEvent } from '../kernel/domain-event.js';
import type { RecordedEvent } from '../event-store/event-store.port.js';
import type { EventHandlers } from './projection.js';

export type Dispatch<Context, Result> = (event: RecordedEvent, context: Context) => Result;

/** Finds the handler of an event by its type; an event nobody thought of stops the follower instead of being lost. */
export function dispatcher<E extends DomainEvent, Context, Result>(
  name: string,
  on: EventHandlers<E, Context, Result>,
): Dispatch<Context, Result> {
  // The log is untyped; that the type of an event names its shape is taken on trust here, and only here.
  const handlers = new Map(Object.entries(on as unknown as Record<string, Dispatch<Context, Result>>));
  return (event, context) => {
    const handler = handlers.get(event.type);
    if (!handler) throw new Error(`${name} has no handler for ${event.type} at position ${String(event.position)}`);
    return handler(event, context);
  };
}
