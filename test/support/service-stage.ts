import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { ApiClient } from './api-client.js';
import { ServiceProcess } from './service-process.js';
import { EmbeddedEngines, type StageEngines } from './stage-engines.js';

export const STAGE_KEYS = { accessKey: 'STAGEACCESSKEY', secretKey: 'stage-secret-key' };
export const SOURCE_REGION = 'stage-source';
export const DESTINATION_REGION = 'stage-target';

const GIVEN_ENGINES = process.env['OPENOMS_TEST_ENGINES'] === 'cluster' ? 'cluster' : 'embedded';

export interface StageOptions {
  /** Merged over the stage's own configuration, one level deep. */
  readonly config?: Readonly<Record<string, object>>;
  /** `cluster`: over an event store and a broker. By default what OPENOMS_TEST_ENGINES says, else `embedded`. */
  readonly engines?: 'embedded' | 'cluster';
}

/** Something with an S3 endpoint's URL. */
export interface Endpoint {
  readonly url: string;
}

/** The clouds of a service between two endpoints: AWS has the source, HuaweiCloud both. */
export function cloudsOf(source: Endpoint, destination: Endpoint): object {
  const region = ({ url }: Endpoint) => ({ endpoint: url, addressing: 'path' });
  const sources = { [SOURCE_REGION]: region(source) };
  return {
    AWS: { regions: sources },
    HuaweiCloud: { regions: { ...sources, [DESTINATION_REGION]: region(destination) } },
  };
}

/** A service process in a temporary folder between two endpoints, which belong to the one who builds the stage. */
export class ServiceStage<E extends Endpoint = Endpoint> {
  private process: ServiceProcess | undefined;

  protected constructor(
    readonly folder: string,
    readonly source: E,
    readonly destination: E,
    readonly engines: StageEngines,
  ) {}

  static async between<E extends Endpoint>(
    source: E,
    destination: E,
    { config = {}, engines = GIVEN_ENGINES }: StageOptions = {},
  ): Promise<ServiceStage<E>> {
    const folder = newFolder();
    const stage = new ServiceStage(folder, source, destination, await startEngines(folder, engines));
    stage.configure(config);
    return stage;
  }

  /** Sections of the configuration; takes effect at the next start. */
  configure(config: Readonly<Record<string, object>>): void {
    const clouds = cloudsOf(this.source, this.destination);
    mkdirSync(this.folder, { recursive: true });
    const whole = { clouds, lists: { flushIntervalMs: 300 }, ...this.engines.config, ...config };
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

  get secrets() {
    const { accessKey, secretKey } = STAGE_KEYS;
    return { src_ak: accessKey, src_sk: secretKey, dst_ak: accessKey, dst_sk: secretKey };
  }

  /** Ends the service and its engines and removes the folder. */
  async strike(): Promise<void> {
    await this.process?.kill();
    await this.engines.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

export const newFolder = (): string => mkdtempSync(path.join(tmpdir(), 'openoms-stage-'));

/** The cluster's are loaded only where they are wanted: they are larger than all the rest. */
export async function startEngines(
  folder: string,
  engines: 'embedded' | 'cluster' = GIVEN_ENGINES,
): Promise<StageEngines> {
  if (engines === 'embedded') return new EmbeddedEngines(folder);
  const { ClusterEngines } = await import('./cluster/cluster-engines.js');
  return ClusterEngines.start(4);
}
