import type { StoreOperation } from '../../src/object-store/intercept-store.js';
import type { StoreFaults } from './faulty-store.js';

/** Lets the calls for one key stand still until it is ended, or the caller gives up. */
export class PauseUntil {
  constructor(
    private readonly faults: StoreFaults,
    private readonly operation: StoreOperation,
    private readonly key: string,
  ) {
    faults.always(operation, { kind: 'stall' }, { key });
  }

  /** Somebody has made such a call. */
  get isReached(): boolean {
    return this.faults.calls.some(({ operation, key }) => operation === this.operation && key === this.key);
  }

  /** From now on they pass, as all others do. */
  end(): void {
    this.faults.clear();
  }
}
