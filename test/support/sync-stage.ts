import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { ApiClient } from './api-client.js';
import { ServiceProcess } from './service-process.js';
import { EmbeddedEngines, type StageEngines } from './stage-engines.js';
import { startS3Endpoint, type S3Endpoint } from './s3-endpoint/s3-endpoint.js';

const KEYS = { accessKey: 'STAGEACCESSKEY', secretKey: 'stage-secret-key' };

const GIVEN_ENGINES = process.env['OPENOMS_TEST_ENGINES'] === 'cluster' ? 'cluster' : 'embedded';

export interface StageOptions {
  /** Merged over the stage's own configuration, one level deep. */
  readonly config?: Readonly<Record<string, object>>;
  /** `cluster`: over an event store and a broker. By default what OPENOMS_TEST_ENGINES says, else `embedded`. */
  readonly engines?: 'embedded' | 'cluster';
}

/** A service process between two S3 endpoints in a temporary folder: what an end-to-end test plays on. */
export class SyncStage {
  static readonly sourceBucket = 'from';
  static readonly destinationBucket = 'to';
  private process: ServiceProcess | undefined;

  private constructor(
    readonly folder: string,
    readonly source: S3Endpoint,
    readonly destination: S3Endpoint,
    readonly engines: StageEngines,
  ) {}

  static async build({ config = {}, engines = GIVEN_ENGINES }: StageOptions = {}): Promise<SyncStage> {
    const folder = mkdtempSync(path.join(tmpdir(), 'openoms-stage-'));
    const endpoint = (bucket: string) => startS3Endpoint({ accessKeys: [KEYS], buckets: [bucket], storage: 'memory' });
    const [source, destination] = await Promise.all([endpoint(this.sourceBucket), endpoint(this.destinationBucket)]);
    const started = engines === 'cluster' ? await startCluster() : new EmbeddedEngines(folder);
    const stage = new SyncStage(folder, source, destination, started);
    stage.configure(config);
    return stage;
  }

  /** Sections of the configuration; takes effect at the next start. */
  configure(config: Readonly<Record<string, object>>): void {
    const regions = {
      AWS: { regions: { 'stage-source': { endpoint: this.source.url, addressing: 'path' } } },
      HuaweiCloud: { regions: { 'stage-target': { endpoint: this.destination.url, addressing: 'path' } } },
    };
    mkdirSync(this.folder, { recursive: true });
    const whole = { clouds: regions, lists: { flushIntervalMs: 300 }, ...this.engines.config, ...config };
    writeFileSync(path.join(this.folder, 'openoms.yaml'), JSON.stringify(whole));
  }

  get service(): ServiceProcess {
    if (!this.process) throw new Error('The service is not running');
    return this.process;
  }

  get api(): ApiClient {
    return new ApiClient(this.service.url, 'stage');
  }

  async start(env: Readonly<Record<string, string>> = {}): Promise<ApiClient> {
    this.process = await ServiceProcess.start({ folder: this.folder, env: { ...this.engines.env, ...env } });
    return this.api;
  }

  async createTask(more: object = {}): Promise<string> {
    return this.api.createTask({
      src_cloud_type: 'AWS',
      src_region: 'stage-source',
      src_bucket: SyncStage.sourceBucket,
      dst_region: 'stage-target',
      dst_bucket: SyncStage.destinationBucket,
      ...this.secrets,
      ...more,
    });
  }

  get secrets() {
    const { accessKey, secretKey } = KEYS;
    return { src_ak: accessKey, src_sk: secretKey, dst_ak: accessKey, dst_sk: secretKey };
  }

  /** Ends everything this stage started and removes its folder. */
  async strike(): Promise<void> {
    await this.process?.kill();
    await Promise.all([this.source.close(), this.destination.close(), this.engines.stop()]);
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** Loaded only where they are wanted: they are larger than all the rest. */
async function startCluster(): Promise<StageEngines> {
  const { ClusterEngines } = await import('./cluster/cluster-engines.js');
  return ClusterEngines.start(4);
}
