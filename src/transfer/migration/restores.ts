import { type SourceStore, StoreError } from '../../object-store/object-store.port.js';
import { systemPacing } from '../../object-store/retrying.js';
import { blame, SideError } from '../side-error.js';
import type { TransferFailure } from '../sync-object.js';
import type { SyncObjectOptions } from '../transfer-options.js';
import type { JobPool } from './job-pool.js';
import { failureOf } from './outcomes.js';

const DEFAULT_POLL_MS = 30_000;
const DEFAULT_RESTORE_DAYS = 1;

/** An archived object that waits to become readable. */
export interface Archived {
  readonly key: string;
  /** Copies it now; it may turn out to be archived still. */
  copy(): Promise<void>;
  fail(failure: TransferFailure): void;
  /** Since its restore was asked for; undefined before. */
  waitedMs: number | undefined;
}

/**
 * Has archived objects restored. While they wait they take no place among the objects on their way: all of a page are asked
 * for as they are met, and looked at again from time to time until they are readable or the time for it is over.
 */
export class Restores {
  private readonly waiting = new Set<Archived>();
  private polling = false;
  private readonly pollMs: number;
  private readonly timeoutMs: number;

  constructor(
    private readonly source: SourceStore,
    private readonly options: SyncObjectOptions,
    private readonly pool: JobPool,
    private readonly onFailure: (error: unknown) => void,
    private readonly signal: AbortSignal,
  ) {
    const { limits } = options;
    this.pollMs = limits.restorePollMs ?? DEFAULT_POLL_MS;
    this.timeoutMs = limits.restoreTimeoutMs ?? limits.objectTimeoutMs / 2;
  }

  /** Whether an archived object is worth waiting for at all. */
  get areOn(): boolean {
    return this.options.enableRestore && this.source.restore !== undefined;
  }

  /** Takes over an object whose copy failed because it is archived. */
  async wait(object: Archived, failure: TransferFailure): Promise<void> {
    if (object.waitedMs !== undefined && object.waitedMs + this.pollMs > this.timeoutMs) {
      const cause = 'The restore of the source object takes longer than allowed';
      object.fail({ ...failure, cause });
      return;
    }
    if (object.waitedMs === undefined && !(await this.ask(object))) return;
    object.waitedMs ??= 0;
    this.waiting.add(object);
    if (!this.polling) this.poll().catch(this.onFailure);
  }

  private async ask(object: Archived): Promise<boolean> {
    const { restore } = this.source;
    const days = this.options.limits.restoreDays ?? DEFAULT_RESTORE_DAYS;
    try {
      await restore?.call(this.source, object.key, days, this.signal);
      return true;
    } catch (error) {
      const blamed = blame('source', error);
      if (!(blamed instanceof SideError)) throw error;
      object.fail(failureOf(blamed));
      return false;
    }
  }

  private async poll(): Promise<void> {
    this.polling = true;
    try {
      while (this.waiting.size > 0) {
        await (this.options.pacing ?? systemPacing).pause(this.pollMs, this.signal);
        for (const object of this.waiting) {
          object.waitedMs = (object.waitedMs ?? 0) + this.pollMs;
          this.pool.addFirst({ run: () => this.look(object) });
        }
        this.waiting.clear();
      }
    } finally {
      this.polling = false;
    }
  }

  /** An endpoint that gives no answer now may do so next time. */
  private async look(object: Archived): Promise<void> {
    if (await this.isArchived(object.key)) {
      const message = 'The source object is archived';
      const archived = new StoreError('archived', message, { backendCode: 'InvalidObjectState' });
      await this.wait(object, failureOf(new SideError('source', archived)));
    } else await object.copy();
  }

  private async isArchived(key: string): Promise<boolean> {
    try {
      return (await this.source.head(key, this.signal)).archive !== undefined;
    } catch (error) {
      this.signal.throwIfAborted();
      return error instanceof StoreError && error.retriable;
    }
  }
}
