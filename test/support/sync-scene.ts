import { randomId, timeOrderedId } from '../../src/kernel/ids.js';
import { CreateSyncEvent, SettleSyncEvent } from '../../src/sync-tasks/sync-event.commands.js';
import {
  CreateSyncTask,
  DeleteSyncTask,
  StartSyncTask,
  StopSyncTask,
} from '../../src/sync-tasks/sync-task.commands.js';
import type { SyncTaskCredentials } from '../../src/sync-tasks/sync-task.events.js';
import { settings } from './sync-task-settings.js';
import type { WorkerNode } from './worker-node.js';

const PROJECT = 'p';
const context = { correlationId: 'c', actor: 'test' };

/** What users and queues do to one sync task, by the commands of a node. */
export class SyncScene {
  readonly syncTaskId = randomId();

  constructor(private readonly node: WorkerNode) {}

  async create(): Promise<SyncTaskCredentials> {
    const credentials = await this.sealed();
    await this.node.bus.execute(new CreateSyncTask(PROJECT, this.syncTaskId, settings, credentials, context));
    return credentials;
  }

  async start(): Promise<SyncTaskCredentials> {
    const credentials = await this.sealed();
    await this.node.bus.execute(new StartSyncTask(PROJECT, this.syncTaskId, credentials, context));
    return credentials;
  }

  stop(): Promise<unknown> {
    return this.node.bus.execute(new StopSyncTask(PROJECT, this.syncTaskId, context));
  }

  delete(): Promise<unknown> {
    return this.node.bus.execute(new DeleteSyncTask(PROJECT, this.syncTaskId, context));
  }

  /** A sync event that is taken up and not settled; answers its id. */
  async request(...keys: string[]): Promise<string> {
    const id = timeOrderedId();
    await this.node.bus.execute(new CreateSyncEvent(this.syncTaskId, id, keys, context));
    return id;
  }

  /** A sync event whose objects are all synchronized. */
  async sync(...keys: string[]): Promise<void> {
    const id = await this.request(...keys);
    const outcomes = keys.map((key) => ({ key, outcome: 'synced', size: 1, proof: 'md5' }) as const);
    await this.node.bus.execute(new SettleSyncEvent(this.syncTaskId, id, keys, outcomes, context));
  }

  private async sealed(): Promise<SyncTaskCredentials> {
    const pointer = async () => {
      const { ref, fingerprint } = await this.node.vault.seal({ accessKey: 'a', secretKey: 's' });
      return { ref, fingerprint };
    };
    return { source: await pointer(), destination: await pointer() };
  }
}
