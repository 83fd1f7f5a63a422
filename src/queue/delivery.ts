import { backoffMs, wait, type RetryPolicy } from '../kernel/retry.js';
import type { DeliveredMessage, Handled } from './queue.port.js';

export type Handle = (message: DeliveredMessage, signal: AbortSignal) => Promise<Handled>;

export interface DeliveryRules {
  /** Tries of a handler that throws, and the waits between them. */
  readonly retry: RetryPolicy;
  /** True for an error that says an engine is down: tried until it is back, because nothing accepted may be lost. */
  readonly isOutage: (error: unknown) => boolean;
}

const DEFAULT_RETRY: RetryPolicy = { attempts: 8, baseDelayMs: 100, maxDelayMs: 10_000 };
const OUTAGES: readonly string[] = ['EventStoreUnavailable', 'QueueUnavailable'];
const isOutage = (error: unknown): boolean => error instanceof Error && OUTAGES.includes(error.name);

/** The rules, with what every adapter does where nothing else is wanted. */
export const deliveryRules = (wanted: Partial<DeliveryRules>): DeliveryRules => ({
  retry: wanted.retry ?? DEFAULT_RETRY,
  isOutage: wanted.isOutage ?? isOutage,
});

const MAX_CAUSE_LENGTH = 500;

const causeOf = (error: unknown): string =>
  (error instanceof Error ? `${error.name}: ${error.message}` : String(error)).slice(0, MAX_CAUSE_LENGTH);

/** Calls the handler until it answers or its tries are used up. Undefined when the signal aborted before an answer. */
export async function deliver(
  message: DeliveredMessage,
  handle: Handle,
  { retry, isOutage }: DeliveryRules,
  signal: AbortSignal,
): Promise<Handled | undefined> {
  let failures = 0;
  let outages = 0;
  for (;;) {
    try {
      return await handle(message, signal);
    } catch (error) {
      if (signal.aborted) return undefined;
      if (isOutage(error)) outages++;
      else if (++failures >= retry.attempts) return { kind: 'dead', reason: 'handler-failed', cause: causeOf(error) };
    }
    try {
      await wait(backoffMs(retry, Math.max(failures, outages)), signal);
    } catch {
      return undefined;
    }
  }
}
