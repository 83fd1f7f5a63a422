import { setMaxListeners } from 'node:events';
import type { CommandBus } from '@nestjs/cqrs';
import type { CommandRunner } from '../event-store/command-runner.js';
import { MessageMoved, type DeliveredMessage, type Handled, type Queue } from '../queue/queue.port.js';
import { CreateSyncEvent } from '../sync-tasks/sync-event.commands.js';
import { syncEventDecider } from '../sync-tasks/sync-event.decider.js';
import { syncEventStream } from '../sync-tasks/sync-event.events.js';
import { decodeSyncEvent, NotDecodable, type SyncEventRequest } from '../sync-tasks/sync-event-message.js';
import type { SyncEventPublisher } from '../sync-tasks/sync-event-publisher.js';
import { derivedId } from '../kernel/ids.js';
import type { KnownTask, SyncEventDriver } from '../worker/sync-event-driver.js';
import type { KnownTasks } from './known-tasks.js';

const done: Handled = { kind: 'done' };
const dead = (reason: string, cause: string): Handled => ({ kind: 'dead', reason, cause });

/** Takes sync events from the queue, records them and has them driven; only what is settled or parked is committed. */
export class SyncEventConsumer {
  constructor(
    private readonly queue: Queue,
    private readonly commands: CommandRunner,
    private readonly tasks: KnownTasks,
    private readonly bus: CommandBus,
    private readonly publisher: SyncEventPublisher,
    private readonly driver: SyncEventDriver,
    private readonly maxInFlight: number,
    /** Ends the copies in flight; they outlive the signal of `run` so that a stop can let them finish. */
    private readonly hardStop: AbortSignal,
  ) {}

  /** Takes messages until the signal aborts, then resolves when those in flight have ended; see `Queue.consume`. */
  async run(signal: AbortSignal): Promise<void> {
    await this.queue.consume(
      { maxInFlight: this.maxInFlight },
      (message, signal) => this.untilMoved(signal, (end) => this.handle(message, end)),
      signal,
    );
  }

  /** Copies outlive the order to stop, but not the loss of their message: then another consumer makes them. */
  private async untilMoved(message: AbortSignal, work: (end: AbortSignal) => Promise<Handled>): Promise<Handled> {
    const end = new AbortController();
    setMaxListeners(0, end.signal); // every copy of the message listens
    const stop = () => end.abort(this.hardStop.reason);
    const look = () => {
      if (message.reason instanceof MessageMoved) end.abort(message.reason);
    };
    this.hardStop.addEventListener('abort', stop);
    message.addEventListener('abort', look);
    try {
      if (this.hardStop.aborted) stop();
      look();
      return await work(end.signal);
    } finally {
      this.hardStop.removeEventListener('abort', stop);
      message.removeEventListener('abort', look);
    }
  }

  private async handle(message: DeliveredMessage, signal: AbortSignal): Promise<Handled> {
    const request = decode(message);
    if ('kind' in request) return request;
    const task = await this.tasks.get(request.syncTaskId);
    if (task.status === 'absent' || (request.projectId ?? task.projectId) !== task.projectId)
      return dead('unknown-task', `There is no synchronization task ${request.syncTaskId}`);
    if (await this.splitByPartition(request, message.partition)) return done;
    return this.createAndDrive(request, task, signal);
  }

  private async createAndDrive(request: SyncEventRequest, task: KnownTask, signal: AbortSignal): Promise<Handled> {
    const { syncTaskId, syncEventId, keys, correlationId } = request;
    const context = { correlationId, actor: 'worker' };
    const { changed } = await this.bus.execute<CreateSyncEvent, { changed: boolean }>(
      new CreateSyncEvent(syncTaskId, syncEventId, keys, context),
    );
    if (!changed) {
      const { state: event } = await this.commands.load(syncEventDecider, syncEventStream(syncEventId));
      // Keeping silent about another request under the same id would lose its objects.
      if (event.status === 'absent' || event.syncTaskId !== syncTaskId || !sameKeys(event.keys, keys))
        return dead('id-reused', `Sync event ${syncEventId} exists with another task or other keys`);
      if (event.status === 'settled') return done;
    }
    await this.driver.drive({ syncTaskId, syncEventId, keys, correlationId }, task, signal);
    return done;
  }

  /**
   * True when the message holds keys of other partitions and was published again, split. An event that exists is never split:
   * it was whole when partitions were fewer, and only whole can it be settled.
   */
  private async splitByPartition(request: SyncEventRequest, partition: number): Promise<boolean> {
    const groups = this.publisher.byPartition(request.syncTaskId, request.keys);
    if (groups.size === 1 && groups.has(partition)) return false;
    const { state: event } = await this.commands.load(syncEventDecider, syncEventStream(request.syncEventId));
    if (event.status !== 'absent') return false;
    const parts = [...groups].map(([to, keys]) => ({
      ...request,
      keys,
      syncEventId: derivedId(request.syncEventId, String(to)),
    }));
    await this.publisher.replace(parts);
    return true;
  }
}

function decode(message: DeliveredMessage): SyncEventRequest | Handled {
  try {
    return decodeSyncEvent(message);
  } catch (error) {
    if (error instanceof NotDecodable) return dead('not-decodable', error.message);
    throw error;
  }
}

const sameKeys = (a: readonly string[], b: readonly string[]): boolean =>
  a.length === b.length && a.every((key, index) => key === b[index]);
