import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { ApiClient } from '../api-client.js';
import type { KafkaOptions } from '../kafka/index.js';
import { ServiceProcess } from '../service-process.js';
import { cloudsOf, type Endpoint } from '../service-stage.js';
import { ClusterEngines } from './cluster-engines.js';

export interface ClusterOptions {
  readonly partitions?: number;
  /** Sections of the configuration of every process. */
  readonly config?: Readonly<Record<string, object>>;
  /** A broker of its own, as for one that the test kills. */
  readonly broker?: KafkaOptions;
}

/** Several service processes by name over one event store and one broker; the two endpoints belong to the one who builds it. */
export class ClusterProcesses<E extends Endpoint = Endpoint> {
  private readonly processes = new Map<string, ServiceProcess>();

  protected constructor(
    private readonly folder: string,
    readonly engines: ClusterEngines,
    readonly source: E,
    readonly destination: E,
    private readonly config: Readonly<Record<string, object>>,
  ) {}

  static async between<E extends Endpoint>(
    source: E,
    destination: E,
    options: ClusterOptions = {},
  ): Promise<ClusterProcesses<E>> {
    const { folder, engines, whole } = await prepare(source, destination, options);
    return new ClusterProcesses(folder, engines, source, destination, whole);
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

  /** Ends the processes and the engines and removes the folder. */
  async strike(): Promise<void> {
    await Promise.all([...this.processes.values()].map((process) => process.kill()));
    await this.engines.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** Starts the engines and makes the configuration of every process. */
export async function prepare(
  source: Endpoint,
  destination: Endpoint,
  { partitions = 4, config = {}, broker = {} }: ClusterOptions,
): Promise<{ folder: string; engines: ClusterEngines; whole: Readonly<Record<string, object>> }> {
  const engines = await ClusterEngines.start(partitions, broker);
  const folder = mkdtempSync(path.join(tmpdir(), 'openoms-cluster-'));
  const { kafka, ...rest } = engines.config;
  const whole = {
    clouds: cloudsOf(source, destination),
    lists: { flushIntervalMs: 500 },
    ...rest,
    ...config,
    kafka: { ...kafka, ...config.kafka },
  };
  return { folder, engines, whole };
}
