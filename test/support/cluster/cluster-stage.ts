import { mkdtempSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { ApiClient } from '../api-client.js';
import { ServiceProcess } from '../service-process.js';
import { startS3Endpoint, type S3Endpoint } from '../s3-endpoint/s3-endpoint.js';
import type { KafkaOptions } from '../kafka/index.js';
import { ClusterEngines } from './cluster-engines.js';

const KEYS = { accessKey: 'STAGEACCESSKEY', secretKey: 'stage-secret-key' };

export interface ClusterOptions {
  readonly partitions?: number;
  /** Sections of the configuration of every process. */
  readonly config?: Readonly<Record<string, object>>;
  /** A broker of its own, as for one that the test kills. */
  readonly broker?: KafkaOptions;
}

/** Several service processes by name over one event store and one broker, between two S3 endpoints. */
export class ClusterStage {
  static readonly sourceBucket = 'from';
  static readonly destinationBucket = 'to';
  private readonly processes = new Map<string, ServiceProcess>();

  private constructor(
    private readonly folder: string,
    readonly engines: ClusterEngines,
    readonly source: S3Endpoint,
    readonly destination: S3Endpoint,
    private readonly config: Readonly<Record<string, object>>,
  ) {}

  static async build({ partitions = 4, config = {}, broker = {} }: ClusterOptions = {}): Promise<ClusterStage> {
    const engines = await ClusterEngines.start(partitions, broker);
    const endpoint = (bucket: string) => startS3Endpoint({ accessKeys: [KEYS], buckets: [bucket], storage: 'memory' });
    const [source, destination] = await Promise.all([endpoint(this.sourceBucket), endpoint(this.destinationBucket)]);
    const folder = mkdtempSync(path.join(tmpdir(), 'openoms-cluster-'));
    const clouds = {
      AWS: { regions: { 'stage-source': { endpoint: source.url, addressing: 'path' } } },
      HuaweiCloud: { regions: { 'stage-target': { endpoint: destination.url, addressing: 'path' } } },
    };
    const { kafka, ...rest } = engines.config;
    const whole = {
      clouds,
      lists: { flushIntervalMs: 500 },
      ...rest,
      ...config,
      kafka: { ...kafka, ...config.kafka },
    };
    return new ClusterStage(folder, engines, source, destination, whole);
  }

  /** Starts a process, or starts it again over the data folder it had. */
  async start(name: string, role: 'api' | 'worker' | 'api,worker'): Promise<void> {
    const folder = path.join(this.folder, name);
    mkdirSync(folder, { recursive: true });
    writeFileSync(path.join(folder, 'openoms.yaml'), JSON.stringify(this.config));
    const env = { ...this.engines.env, OPENOMS_ROLES: role };
    this.processes.set(name, await ServiceProcess.start({ folder, env, startTimeoutMs: 60_000 }));
  }

  process(name: string): ServiceProcess {
    const process = this.processes.get(name);
    if (!process) throw new Error(`There is no process ${name}`);
    return process;
  }

  api(name: string): ApiClient {
    return new ApiClient(this.process(name).url, 'stage');
  }

  /** What a process has said so far. */
  log(name: string): string {
    return readFileSync(path.join(this.folder, name, 'service.log'), 'utf8');
  }

  createTask(api: ApiClient): Promise<string> {
    const { accessKey, secretKey } = KEYS;
    return api.createTask({
      src_cloud_type: 'AWS',
      src_region: 'stage-source',
      src_bucket: ClusterStage.sourceBucket,
      dst_region: 'stage-target',
      dst_bucket: ClusterStage.destinationBucket,
      src_ak: accessKey,
      src_sk: secretKey,
      dst_ak: accessKey,
      dst_sk: secretKey,
    });
  }

  /** Lines of all list files of one kind, in no order. */
  async lines(taskId: string, folder: string): Promise<readonly string[]> {
    const prefix = `oms/sync_task/${taskId}/${folder}/`;
    const lines: string[] = [];
    for (const object of this.destination.objects(ClusterStage.destinationBucket))
      if (object.key.startsWith(prefix)) lines.push(...(await object.content()).toString().split('\n').filter(Boolean));
    return lines;
  }

  /** Ends everything this stage started and removes its folder. */
  async strike(): Promise<void> {
    await Promise.all([...this.processes.values()].map((process) => process.kill()));
    await Promise.all([this.source.close(), this.destination.close()]);
    await this.engines.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }
}
