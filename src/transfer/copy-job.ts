import type { Deadline } from '../object-store/deadline.js';
import type { DestinationStore, ListedObject, ObjectInfo, SourceStore } from '../object-store/object-store.port.js';
import type { Side } from './failure-reasons.js';
import type { SyncObjectOptions } from './transfer-options.js';

/** What is known so far of an object on its way, for the report of a failure and for those who watch it come forward. */
export class CopyProgress {
  side: Side = 'destination';
  size: number | undefined;
  /** The version of the source that is copied. */
  version: ObjectInfo | undefined;
  /** The destination took something of this object. */
  wrote = false;
  /** What is visible at the destination was found wrong. */
  wrongVisible = false;
  /** The source was found to give no part of the object, only all of it. */
  hasNoRanges = false;
  /** Recorded uploads that were found to lead nowhere. */
  lostUploads: Set<string> | undefined;
  private sinceArmed = 0;

  constructor(
    private readonly onMoved: SyncObjectOptions['onMoved'],
    private readonly deadline: Pick<Deadline, 'arm'>,
    /** The object's time begins anew with so many bytes more. */
    private readonly progressBytes: number,
  ) {}

  /** So many bytes were read from the source. */
  moved(bytes: number): void {
    this.onMoved?.(bytes);
    this.advanced(bytes);
  }

  /** So many bytes came forward, wherever they went. */
  advanced(bytes: number): void {
    this.sinceArmed += bytes;
    if (this.sinceArmed < this.progressBytes) return;
    this.sinceArmed = 0;
    this.deadline.arm();
  }
}

/** One object on its way. */
export interface CopyJob {
  readonly source: SourceStore;
  readonly destination: DestinationStore;
  /** At the source. */
  readonly key: string;
  /** At the destination. */
  readonly targetKey: string;
  /** What a listing said of the source. */
  readonly listed?: ListedObject | undefined;
  readonly options: SyncObjectOptions;
  readonly signal: AbortSignal;
  /** The caller's own signal: when it aborts the object is neither done nor failed. */
  readonly stop: AbortSignal;
  readonly progress: CopyProgress;
}
