import type { MonotonicTime } from '../../kernel/monotonic-time.js';

/** How long nothing is recorded before moved bytes are worth an event of their own. */
const QUIET_MS = 10_000;

/** Bytes that are moved and belong to no recorded page; tells them when they change and no page came for a while. */
export class ProgressWatch {
  private bytes = 0;
  private told = 0;
  private callOff: () => void;
  private closed = false;

  constructor(
    private readonly time: MonotonicTime,
    /** Never rejects. */
    private readonly tell: (inFlight: number) => Promise<void>,
  ) {
    this.callOff = this.tellLater();
  }

  moved(bytes: number): void {
    this.bytes += bytes;
  }

  /** A page is recorded in which so many bytes were moved. */
  recorded(bytes: number): void {
    this.bytes = Math.max(0, this.bytes - bytes);
    this.told = this.bytes;
    this.callOff();
    if (!this.closed) this.callOff = this.tellLater();
  }

  close(): void {
    this.closed = true;
    this.callOff();
  }

  private tellLater(): () => void {
    return this.time.after(QUIET_MS, () => void this.tellNow());
  }

  private async tellNow(): Promise<void> {
    const { bytes } = this;
    if (bytes !== this.told) await this.tell(bytes);
    this.told = bytes;
    if (!this.closed) this.callOff = this.tellLater();
  }
}
