import { wait } from '../../kernel/retry.js';
import { EventStoreUnavailable } from '../event-store.port.js';
import type { Connection } from './connection.js';
import { callFailure, isLasting, whatIsWrong, type CallFailure } from './errors.js';
import type { Reader } from './reader.js';
import { nodeNames } from './connection-string.js';
import { within } from './within.js';

const LOOK_AGAIN_MS = 250;
const REACHING = 'reach the event store';
const BATCH_APPEND = '/event_store.client.streams.streams/batchappend';

/** Waits for a store that starts up; rejects at once for what waiting cannot mend. */
export async function firstContact(
  connection: Connection,
  reader: Reader,
  timeoutMs: number,
  signal?: AbortSignal,
): Promise<void> {
  const end = performance.now() + timeoutMs;
  const left = () => Math.max(1, Math.ceil(end - performance.now()));
  const aborted = abortOf(signal);
  for (;;) {
    signal?.throwIfAborted();
    try {
      await Promise.race([within(left(), speak(connection, reader, left()), REACHING), aborted]);
      return;
    } catch (error) {
      signal?.throwIfAborted();
      const failure = failureBehind(error);
      const isOver = left() <= LOOK_AGAIN_MS;
      if (isOver || !failure || isLasting(failure)) throw refusal(connection, failure, error, timeoutMs);
      await wait(LOOK_AGAIN_MS, signal);
    }
  }
}

/** The first answer shows that it is an event store, the second that it lets these credentials read the log. */
async function speak(connection: Connection, reader: Reader, timeoutMs: number): Promise<void> {
  const methods = await connection.methods(timeoutMs);
  if (!methods.has(BATCH_APPEND))
    throw new Error(
      `The event store at ${nodeNames(connection.settings)} is too old: version 22.10 or later is needed`,
    );
  await reader.head();
}

/** Never resolves; rejects when the signal aborts. */
function abortOf(signal: AbortSignal | undefined): Promise<never> {
  const aborted = new Promise<never>((_resolve, reject) => {
    signal?.addEventListener('abort', () => reject(new Error('aborted')), { once: true });
  });
  aborted.catch(() => undefined);
  return aborted;
}

function failureBehind(error: unknown): CallFailure | undefined {
  return callFailure(error) ?? (error instanceof Error ? callFailure(error.cause) : undefined);
}

function refusal(
  { settings }: Connection,
  failure: CallFailure | undefined,
  error: unknown,
  timeoutMs: number,
): EventStoreUnavailable {
  if (!failure) {
    const said = error instanceof Error ? error.message : String(error);
    return error instanceof EventStoreUnavailable && error.message.includes('within')
      ? new EventStoreUnavailable(`Cannot reach the event store at ${nodeNames(settings)} within ${timeoutMs} ms`)
      : new EventStoreUnavailable(said, { cause: error });
  }
  return new EventStoreUnavailable(`Cannot use the event store: ${whatIsWrong(failure, settings)}`, { cause: error });
}
