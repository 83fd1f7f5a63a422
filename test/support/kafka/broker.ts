import { spawn, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Kafka as Client, logLevel } from 'kafkajs';
import { install } from '../servers/s3-server.js';
import { brokerSettings, formatArguments, type BrokerLayout } from './broker-settings.js';

const START_LIMIT_MS = 60_000;
const LOG4J = path.join(import.meta.dirname, 'log4j2.properties');
const jvm = (classPath: string): string[] => [
  ...['-Xmx512m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1'],
  ...[`-Dlog4j2.configurationFile=${LOG4J}`, '-cp', classPath],
];

/** True once the broker answers and takes part in its cluster, so that topics can be made. */
async function answers(address: string): Promise<boolean> {
  const client = new Client({ brokers: [address], logLevel: logLevel.NOTHING, retry: { retries: 0 } });
  const admin = client.admin();
  try {
    await admin.connect();
    return (await admin.describeCluster()).brokers.length > 0;
  } catch {
    return false;
  } finally {
    await admin.disconnect().catch(() => undefined);
  }
}

/** A broker of one node in a process of its own. It keeps its ports and its data over any number of deaths. */
export class Broker {
  private child: ChildProcess | undefined;
  private said = '';
  private readonly settingsFile: string;
  private readonly endWithUs = () => this.child?.kill('SIGKILL');

  constructor(
    private readonly classPath: string,
    private readonly layout: BrokerLayout,
  ) {
    this.settingsFile = path.join(layout.folder, 'server.properties');
  }

  /** Where clients connect without TLS and without a password, as `host:port`. */
  get address(): string {
    return `127.0.0.1:${this.layout.ports.plain}`;
  }

  /** Makes the empty data folder; once, before the first start. */
  async format(): Promise<void> {
    writeFileSync(this.settingsFile, brokerSettings(this.layout), { mode: 0o600 });
    const clusterId = randomBytes(16).toString('base64url');
    await install('java', [...jvm(this.classPath), ...formatArguments(this.settingsFile, clusterId, this.layout.user)]);
    process.once('exit', this.endWithUs);
  }

  /** Starts the broker, also again after `kill`; resolves when it answers. */
  async start(): Promise<void> {
    const child = spawn('java', [...jvm(this.classPath), 'kafka.Kafka', this.settingsFile], {
      stdio: ['ignore', 'pipe', 'pipe'],
      cwd: this.layout.folder,
    });
    this.child = child;
    this.said = '';
    const keep = (text: Buffer) => (this.said = (this.said + text.toString()).slice(-4000));
    child.stdout.on('data', keep);
    child.stderr.on('data', keep);
    await once(child, 'spawn');
    const giveUpAt = Date.now() + START_LIMIT_MS;
    while (!(await answers(this.address))) {
      if (child.exitCode !== null || child.signalCode !== null)
        throw new Error(`The broker ended (${child.exitCode ?? child.signalCode}): ${this.said}`);
      if (Date.now() > giveUpAt) throw new Error(`The broker gave no answer in ${START_LIMIT_MS} ms: ${this.said}`);
      await sleep(50);
    }
  }

  /** As the power going out; resolves when the process is gone. */
  async kill(): Promise<void> {
    const { child } = this;
    this.child = undefined;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
  }

  /** Holds the process still, so that connections stay open and nothing answers, until `resume`. */
  freeze(): void {
    this.child?.kill('SIGSTOP');
  }

  resume(): void {
    this.child?.kill('SIGCONT');
  }

  /** Ends the broker and removes its folder. */
  async stop(): Promise<void> {
    await this.kill();
    process.removeListener('exit', this.endWithUs);
    rmSync(this.layout.folder, { recursive: true, force: true });
  }
}
