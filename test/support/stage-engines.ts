import Database from 'better-sqlite3';
import path from 'node:path';
import { EmbeddedQueue } from '../../src/queue/embedded/embedded-queue.js';
import type { QueueMessage } from '../../src/queue/queue.port.js';

/** What the log of the sync tasks holds: how many events, and the position of the last. */
export interface Logged {
  readonly events: number;
  readonly head: string;
}

/** What a service under test keeps its events and messages in. */
export interface StageEngines {
  /** Sections of the configuration. */
  readonly config: Readonly<Record<string, object>>;
  /** Variables of the process. */
  readonly env: Readonly<Record<string, string>>;
  /** Puts messages of a foreign program into the queue; the service must be stopped. */
  publish(messages: readonly QueueMessage[]): Promise<void>;
  logged(): Promise<Logged>;
  stop(): Promise<void>;
}

/** The files of the data folder. */
export class EmbeddedEngines implements StageEngines {
  readonly config = {};
  readonly env = {};

  constructor(private readonly folder: string) {}

  async publish(messages: readonly QueueMessage[]): Promise<void> {
    const queue = EmbeddedQueue.open({ file: path.join(this.folder, 'data/queue.db'), maxUnsettledWeight: 100_000 });
    await queue.publish(messages);
    await queue.close();
  }

  logged(): Promise<Logged> {
    const db = new Database(path.join(this.folder, 'data/events.db'), { readonly: true });
    try {
      const sql = 'SELECT count(*) AS events, CAST(max(position) AS TEXT) AS head FROM events';
      return Promise.resolve(db.prepare<[], Logged>(sql).get() ?? { events: 0, head: '' });
    } finally {
      db.close();
    }
  }

  async stop(): Promise<void> {
    // Nothing runs.
  }
}
