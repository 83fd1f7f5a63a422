import { setTimeout as sleep } from 'node:timers/promises';
import { srcNode } from './migration-api.js';
import type { MigrationScene } from './migration-scene.js';
import type { S3Request } from './s3-endpoint/request.js';

const LEAST_PAUSE_MS = 100;
const MOST_PAUSE_MS = 900;
const [PAUSED, FAILED] = [3, 4];

/** Everything that callers, operators and networks do to a few tasks, in a random order. */
export class MigrationChaos {
  /** What was done, how often. */
  readonly done: Record<string, number> = {};
  private readonly actions: readonly (readonly [string, number, () => Promise<unknown>])[];

  constructor(
    private readonly scene: MigrationScene,
    private readonly tasks: readonly number[],
    private readonly random: () => number,
    /** What is wrong all the time. */
    private readonly always: () => unknown,
  ) {
    this.actions = [
      ['stop', 3, () => this.call('stop')],
      ['start', 5, () => this.start(this.anyTask())],
      ['kill -9', 2, () => this.restart('kill')],
      ['SIGTERM', 1, () => this.restart('stop')],
      ['storm', 2, () => this.storm()],
      ['calm', 2, () => this.calm()],
      ['bandwidth', 1, () => this.limit()],
    ];
  }

  async rage(durationMs: number): Promise<void> {
    const until = Date.now() + durationMs;
    this.always();
    while (Date.now() < until) {
      await sleep(LEAST_PAUSE_MS + this.random() * (MOST_PAUSE_MS - LEAST_PAUSE_MS));
      const [name, , act] = this.anyAction();
      await act();
      this.done[name] = (this.done[name] ?? 0) + 1;
    }
    this.clear();
  }

  /** Starts whatever does not run, again and again, until every task has succeeded. */
  async settle(timeoutMs: number): Promise<void> {
    const giveUpAt = Date.now() + timeoutMs;
    for (const id of this.tasks) {
      await this.scene.api.tasks('PUT', `/${id}/bandwidth-policy`, { bandwidth_policy: [] });
      for (;;) {
        const { status } = await this.scene.api.ended(id, Math.max(1, giveUpAt - Date.now()));
        if (status === 5) break;
        await this.start(id);
      }
    }
  }

  private anyTask(): number {
    return this.tasks[Math.floor(this.random() * this.tasks.length)] ?? 0;
  }

  private anyAction() {
    const weights = this.actions.reduce((sum, [, weight]) => sum + weight, 0);
    let at = this.random() * weights;
    const found = this.actions.find(([, weight]) => (at -= weight) < 0);
    if (found === undefined) throw new Error('The weights of the actions do not add up');
    return found;
  }

  /** Refusals are right answers here: the task may be in any state. */
  private async call(operation: 'stop'): Promise<void> {
    const { status } = await this.scene.api.tasks('POST', `/${this.anyTask()}/${operation}`);
    if (status !== 200 && status !== 400) throw new Error(`${operation} was answered with ${status}`);
  }

  /** What is left of a paused task; of a failed one what failed, or everything where that is not all that is missing. */
  private async start(id: number): Promise<void> {
    const { status } = await this.scene.api.show(id);
    if (status !== PAUSED && status !== FAILED) return;
    const wishes = status === FAILED ? [true, false] : [false];
    for (const migrate_failed_object of wishes) {
      const body = { ...this.scene.stage.secrets, migrate_failed_object };
      const answer = await this.scene.api.tasks('POST', `/${id}/start`, body);
      if (answer.status === 200) return;
      if (answer.status !== 400) throw new Error(`start was answered with ${answer.status}`);
    }
  }

  private async restart(how: 'kill' | 'stop'): Promise<void> {
    await this.scene.stage.service[how]();
    await this.scene.stage.start();
  }

  /**
   * Of lists only the answers get lost: one that cannot be written is missing by right, once that is recorded. And what of an
   * upload cannot be freed is left to the rules of the bucket.
   */
  private storm(): Promise<void> {
    const seed = Math.floor(this.random() * 1e9);
    const when = ({ method, operation, key }: S3Request) =>
      operation !== 'AbortMultipartUpload' && (method !== 'PUT' || !key.startsWith('oms/'));
    for (const { faults } of [this.scene.source, this.scene.destination]) {
      faults.always({ when }, { kind: 'error', code: 'SlowDown' }, { probability: 0.2, seed });
      faults.always({ when }, { kind: 'reset', when: 'before-headers' }, { probability: 0.05, seed: seed + 1 });
      faults.sometimes({ operation: ['PutObject'] }, { kind: 'lose-response' }, 0.05, seed + 2);
    }
    return Promise.resolve();
  }

  private calm(): Promise<void> {
    this.clear();
    this.always();
    return Promise.resolve();
  }

  private clear(): void {
    this.scene.source.faults.clear();
    this.scene.destination.faults.clear();
  }

  private async limit(): Promise<void> {
    const bandwidth_policy = [
      { start: '00:00', end: '23:59', max_bandwidth: 2 ** 20 * (1 + Math.floor(this.random() * 9)) },
    ];
    await this.scene.api.tasks('PUT', `/${this.anyTask()}/bandwidth-policy`, { bandwidth_policy });
  }
}

/** Tasks over folders of their own, all over the same two buckets. */
export const createTasks = (scene: MigrationScene, prefixes: readonly string[]): Promise<number[]> =>
  Promise.all(prefixes.map((prefix) => scene.api.create({ src_node: srcNode({ object_key: [prefix] }) })));
