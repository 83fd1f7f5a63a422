/** What is done under a lease. Its signal aborts when the lease is lost (`LeaseLost`) or the holder stops; then it ends soon. */
export type LeasedWork = (signal: AbortSignal) => Promise<void>;

export interface LeaseStatus {
  readonly name: string;
  /** `waiting`: another process has it, or the store cannot be asked. */
  readonly state: 'held' | 'waiting';
  /** When that began: ISO 8601, UTC. */
  readonly since: string;
  /** What the store or the work failed with last, until it goes right again. */
  readonly error: string | undefined;
}

/** Why a work's signal aborts when another process may begin the same work. */
export class LeaseLost extends Error {
  override readonly name = 'LeaseLost';

  constructor(lease: string, how: string) {
    super(`The lease ${lease} is lost: ${how}`);
  }
}

/** Lets one process at a time do a work. */
export abstract class Leases {
  /** True when another process may take over what this one loses. */
  abstract readonly contested: boolean;

  /**
   * Runs `work` whenever this process has the lease `name`, and waits for it to end before it gives the lease back or tries to
   * get it again. Resolves when `signal` has aborted, or when the work has ended by itself: then it is done. Work that rejects
   * is told to the log and run again after a growing delay, here or in another process. Never rejects; asking twice for one
   * name at the same time is a bug and throws.
   */
  abstract hold(name: string, work: LeasedWork, signal: AbortSignal): Promise<void>;

  /** The leases that this process has or waits for. */
  abstract status(): readonly LeaseStatus[];
}
