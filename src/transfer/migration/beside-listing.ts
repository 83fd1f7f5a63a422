import { comesBefore, shortlyBefore } from '../../kernel/key-order.js';
import { type DestinationStore, type ListedObject, StoreError } from '../../object-store/object-store.port.js';
import { blame, SideError } from '../side-error.js';
import type { SourceEntry } from './migration.js';

/** What the destination has under a key: an object, nothing, or nobody looked because the listing led too far astray. */
export type Beside = ListedObject | 'absent' | 'unknown';

/** Listing pages per page of entries: a listing that holds much that nobody asked for is dearer than looking at the objects. */
const pagesAllowed = (entries: number): number => 4 + Math.ceil(entries / 50);

const backwards = (): SideError =>
  new SideError(
    'destination',
    new StoreError('invalid', 'The listing cannot go on: its keys go backwards or repeat', {
      backendCode: 'BrokenListing',
    }),
  );

/** The listing of a destination, read in step with ascending keys of a source. */
export class BesideListing {
  private pages: AsyncIterator<readonly ListedObject[]> | undefined;
  private page: readonly ListedObject[] = [];
  private at = 0;
  private last: string | undefined;
  /** There is nothing behind the page. */
  private ended = false;

  constructor(
    private readonly destination: DestinationStore,
    private readonly savePrefix: string,
    /** Nothing outside it is ever asked for; without the save prefix. */
    private readonly prefix: string,
    private readonly signal: AbortSignal,
  ) {}

  /** What the destination has of these entries, whose keys are listed and ascending, beyond those of the call before. */
  async find(entries: readonly SourceEntry[]): Promise<readonly Beside[]> {
    const found: Beside[] = [];
    let allowed = pagesAllowed(entries.length);
    let useless = false;
    for (const { key, listed } of entries) {
      if (listed === undefined) {
        found.push('unknown');
        continue;
      }
      const target = this.savePrefix + key;
      let here = this.lookFor(target);
      while (here === undefined && allowed > 0) {
        allowed--;
        useless = await this.turn(target, useless);
        here = this.lookFor(target);
      }
      found.push(here ?? 'unknown');
    }
    return found;
  }

  async close(): Promise<void> {
    await this.pages?.return?.();
    this.pages = undefined;
  }

  /** Moves on to the key within the page; undefined when the page ends before it. */
  private lookFor(target: string): Beside | undefined {
    const { page } = this;
    for (let object = page[this.at]; object !== undefined; object = page[++this.at]) {
      if (object.key === target) {
        this.at++;
        return object;
      }
      if (!comesBefore(object.key, target)) return 'absent';
    }
    return this.ended ? 'absent' : undefined;
  }

  /**
   * Fetches the next page; or, when the one before had nothing of use, one from the key on. Answers whether the page that came
   * ends so far before the key that jumping there is worth a try.
   */
  private async turn(target: string, jump: boolean): Promise<boolean> {
    try {
      if (this.pages === undefined || jump) await this.open(target);
      const next = await this.pages?.next();
      this.take(next === undefined || next.done === true ? undefined : next.value);
    } catch (error) {
      throw blame('destination', error);
    }
    const lastKey = this.page.at(-1)?.key;
    return lastKey !== undefined && comesBefore(lastKey, shortlyBefore(target));
  }

  private async open(target: string): Promise<void> {
    await this.close();
    const from = shortlyBefore(target);
    const prefix = this.savePrefix + this.prefix;
    // What comes before the prefix, or is a part of it, would exclude nothing.
    const after = from.startsWith(prefix) && from !== prefix ? from : undefined;
    this.last = after;
    this.pages = this.destination.listPages(prefix, after, this.signal)[Symbol.asyncIterator]();
  }

  private take(page: readonly ListedObject[] | undefined): void {
    this.page = page ?? [];
    this.at = 0;
    this.ended = page === undefined;
    for (const { key } of this.page) {
      if (this.last !== undefined && !comesBefore(this.last, key)) throw backwards();
      this.last = key;
    }
  }
}
