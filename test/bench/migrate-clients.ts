import { setTimeout as sleep } from 'node:timers/promises';
import { dstNode, ENDED, MigrationApi, srcNode } from '../support/migration-api.js';
import { ServiceStage } from '../support/service-stage.js';
import type { BenchEndpoint } from './bench-endpoint.js';
import { cpuSecondsOf, forgetPeak, peakMibOf, type Usage } from './process-usage.js';
import { rcloneVersion, type RcloneWay, runRclone } from './rclone.js';

/** Polling costs the service something, so not too often. */
const LOOK_EVERY_MS = 50;

export interface Run extends Usage {
  readonly seconds: number;
}

export interface MigrateRequest {
  readonly fromBucket: string;
  readonly toBucket: string;
  readonly objects: number;
  /** The destination has all of it, unchanged. */
  readonly rescan: boolean;
  /** Everyone is told to look at listings only: there are too many objects for anything else. */
  readonly many: boolean;
}

/** Something that copies a bucket from one endpoint to the other. */
export interface MigrateClient {
  readonly name: string;
  /** One process does all runs. */
  readonly keepsRunning: boolean;
  migrate(request: MigrateRequest): Promise<Run>;
}

/** The built service, both roles in one process over SQLite, with one task created over HTTP. */
export class OpenOms implements MigrateClient {
  readonly name = 'OpenOMS';
  readonly keepsRunning = true;

  private constructor(private readonly stage: ServiceStage<BenchEndpoint>) {}

  static async start(source: BenchEndpoint, destination: BenchEndpoint): Promise<OpenOms> {
    const config = { log: { level: 'warn' }, limits: { tasksPerDay: 1000 } };
    const stage = await ServiceStage.between(source, destination, { config, engines: 'embedded' });
    await stage.start();
    return new OpenOms(stage);
  }

  async migrate({ fromBucket, toBucket, objects, rescan }: MigrateRequest): Promise<Run> {
    const api = new MigrationApi(this.stage.api);
    const { pid } = this.stage.service;
    forgetPeak(pid);
    const cpuBefore = cpuSecondsOf(pid);
    const startedAt = performance.now();
    const id = await api.create({
      src_node: srcNode({ bucket: fromBucket, object_key: [''] }),
      dst_node: dstNode({ bucket: toBucket }),
    });
    let task = await api.show(id);
    for (; !ENDED.includes(task.status); task = await api.show(id)) await sleep(LOOK_EVERY_MS);
    const seconds = (performance.now() - startedAt) / 1000;
    const { successful_num: copied, skipped_num: skipped } = task;
    if (task.status !== 5 || copied !== (rescan ? 0 : objects) || skipped !== (rescan ? objects : 0))
      throw new Error(`The task ended otherwise than it should: ${JSON.stringify(task)}`);
    return { seconds, cpuSeconds: cpuSecondsOf(pid) - cpuBefore, peakMib: peakMibOf(pid) ?? NaN };
  }

  strike(): Promise<void> {
    return this.stage.strike();
  }
}

/** rclone as it is or at its leanest; each run is a process of its own, as its users have it. */
export class Rclone implements MigrateClient {
  readonly name: string;
  readonly keepsRunning = false;

  private constructor(
    private readonly way: RcloneWay,
    private readonly source: BenchEndpoint,
    private readonly destination: BenchEndpoint,
  ) {
    this.name = `rclone ${way}`;
  }

  /** None where rclone is not installed. */
  static both(source: BenchEndpoint, destination: BenchEndpoint): readonly Rclone[] {
    if (rcloneVersion() === undefined) return [];
    return [new Rclone('default', source, destination), new Rclone('tuned', source, destination)];
  }

  migrate({ fromBucket, toBucket, rescan, many }: MigrateRequest): Promise<Run> {
    // Without it the default one sends a HEAD for every object, and the tuned one sets the time of every object anew.
    const flags = many || (rescan && this.way === 'tuned') ? ['--checksum'] : [];
    const { url: source } = this.source;
    return runRclone({ source, destination: this.destination.url, fromBucket, toBucket, way: this.way, flags });
  }
}
