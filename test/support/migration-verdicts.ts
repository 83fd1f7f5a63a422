import type { MigrationScene } from './migration-scene.js';
import { namesIn } from './migration-lists.js';
import { bytesOf } from './migration-scene.js';

/** No fault may hold a task for longer than this. */
const NO_HANG_MS = 60_000;

export const keysOf = (prefix: string, count: number): readonly string[] =>
  Array.from({ length: count }, (_, index) => `${prefix}${String(index).padStart(5, '0')}`);

/** How a task of a scene ended, which it must have done in time. */
export class Verdicts {
  constructor(private readonly scene: () => MigrationScene) {}

  ended(id: number) {
    return this.scene().api.ended(id, NO_HANG_MS);
  }

  /** It ended well, and each of these objects was copied and listed once. */
  async expectAllCopied(id: number, keys: readonly string[]): Promise<void> {
    expect(await this.ended(id)).toMatchObject({
      status: 5,
      total_num: keys.length,
      successful_num: keys.length,
      skipped_num: 0,
      failed_num: 0,
      total_size: bytesOf(keys),
      complete_size: bytesOf(keys),
    });
    const lists = await this.scene().lists(id);
    expect(lists.succeeded.map(({ name }) => name)).toEqual(keys);
    expect(namesIn(lists)).toEqual(keys);
    expect(await this.scene().wrongCopies(keys)).toEqual([]);
  }

  /** It ended with some objects failed for this reason and the others copied. */
  async expectFailed(id: number, good: readonly string[], bad: readonly string[], code: string): Promise<void> {
    const task = await this.ended(id);
    expect(task).toMatchObject({ status: 4, successful_num: good.length, failed_num: bad.length, skipped_num: 0 });
    expect(task.error_reason?.error_code).toBe('TRF.0062');
    const lists = await this.scene().lists(id);
    expect(lists.succeeded.map(({ name }) => name)).toEqual([...good].sort());
    expect(lists.failed.map(({ name }) => name)).toEqual([...bad].sort());
    expect(new Set(lists.failed.map((line) => line.code))).toEqual(new Set([code]));
    expect(await this.scene().wrongCopies(good)).toEqual([]);
  }
}
