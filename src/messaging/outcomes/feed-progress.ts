import { hasEnded } from '../../kernel/has-ended.js';
import type { Log } from '../../kernel/log.js';
import type { MonotonicTime } from '../../kernel/monotonic-time.js';
import type { LogPosition, OutcomeCheckpoint } from './outcome-checkpoint.js';

/**
 * A saved position moves the log on, and so the position: where nothing is published it is saved this seldom, to spare the
 * next start a long way through the log.
 */
const SAVE_QUIET_MS = 3_600_000;

/** How far one run of the feed has come, and how much of that is saved. */
export class FeedProgress {
  private position: LogPosition;
  private saved: LogPosition;
  private unsaved = false;
  private savedAtMs = 0;

  constructor(
    private readonly checkpoint: OutcomeCheckpoint,
    private readonly time: MonotonicTime,
    private readonly log: Log,
  ) {}

  /** This position is saved already. */
  begin(position: LogPosition): void {
    this.position = position;
    this.saved = position;
    this.savedAtMs = this.time.nowMs();
  }

  /** What was settled up to here is published. */
  published(position: bigint): void {
    this.position = position;
    this.unsaved = true;
  }

  /** There is nothing more to publish up to here. */
  passed(position: bigint): void {
    this.position = position;
  }

  /** Saves what has become known since the last time, again and again until the signal aborts. */
  async saveEvery(ms: number, signal: AbortSignal): Promise<void> {
    while (!hasEnded(signal)) {
      await this.time.wait(ms, signal);
      const isDue = this.unsaved || this.time.nowMs() - this.savedAtMs >= SAVE_QUIET_MS;
      if (isDue && !hasEnded(signal)) await this.save();
    }
  }

  /** One try; without it the next run publishes a little again. */
  async saveLast(): Promise<void> {
    try {
      if (this.unsaved) await this.save();
    } catch (error) {
      this.log.warn({ err: error }, 'how far outcomes are published could not be saved; some will be published again');
    }
  }

  private async save(): Promise<void> {
    const { position } = this;
    if (position === this.saved) return;
    this.unsaved = false;
    try {
      await this.checkpoint.save(position);
    } catch (error) {
      this.unsaved = true;
      throw error;
    }
    this.saved = position;
    this.savedAtMs = this.time.nowMs();
  }
}
