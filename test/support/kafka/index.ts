import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Broker } from './broker.js';
import type { Ports, User } from './broker-settings.js';
import { makeCertificate, type Certificate } from './certificates.js';
import { kafkaClassPath } from './jars.js';

export interface KafkaOptions {
  /** The test stops or kills the broker, so it must be one of its own, never the one that OPENOMS_TEST_KAFKA names. */
  readonly own?: boolean;
  /** Broker settings on top, such as `message.max.bytes`; implies `own`. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Opens a listener with PLAIN, SCRAM-SHA-256 and SCRAM-SHA-512 for this user; implies `own`. */
  readonly user?: User;
  /** Opens a listener with TLS that asks for a client certificate; implies `own`. */
  readonly tls?: boolean;
}

/** A real broker of one node that runs now. Addresses are `host:port`. */
export interface RunningKafka {
  readonly address: string;
  /** The listener for `user`, where there is one. */
  readonly saslAddress?: string;
  readonly tls?: { readonly address: string; readonly ca: string; readonly client: Certificate };
  /** As the power going out. Of a broker of one's own only, as the next three. */
  kill(): Promise<void>;
  /** Starts it again after `kill`, on the same ports and data; resolves when it answers. */
  start(): Promise<void>;
  /** The process stands still, connections stay open. */
  freeze(): void;
  resume(): void;
  /** Ends it and removes its data; a broker that was there before is left alone. */
  stop(): Promise<void>;
}

/** A broker, or why there is none. */
export type Kafka = RunningKafka | { readonly missing: string };

/**
 * Starts a broker over an empty temporary folder on free ports of 127.0.0.1 (about three seconds; its jars are fetched on
 * first use). With OPENOMS_TEST_KAFKA=host:port that broker is used instead, unless the test needs one of its own.
 */
export async function startKafka(options: KafkaOptions = {}): Promise<Kafka> {
  const { own = false, settings, user, tls = false } = options;
  const given = process.env['OPENOMS_TEST_KAFKA'];
  if (given !== undefined && given !== '' && !own && !settings && !user && !tls) return givenKafka(given);
  // A port that was free may be taken by the time the broker binds it: then it is tried on others.
  const kafka = await startOwn(user, tls, settings);
  return 'missing' in kafka ? startOwn(user, tls, settings) : kafka;
}

async function startOwn(user: User | undefined, tls: boolean, settings: KafkaOptions['settings']): Promise<Kafka> {
  const folder = mkdtempSync(path.join(tmpdir(), 'openoms-kafka-'));
  let broker: Broker | undefined;
  try {
    const ports = await freePorts();
    const certificates = tls
      ? { server: await makeCertificate(folder, 'broker'), client: await makeCertificate(folder, 'client') }
      : undefined;
    const layout = { folder, ports, settings: settings ?? {}, user, tls: certificates };
    broker = new Broker(await kafkaClassPath(), layout);
    await broker.format();
    await broker.start();
    return runningKafka(broker, ports, user !== undefined, certificates);
  } catch (error) {
    await broker?.stop();
    rmSync(folder, { recursive: true, force: true });
    return { missing: error instanceof Error ? error.message : String(error) };
  }
}

function runningKafka(
  broker: Broker,
  ports: Ports,
  sasl: boolean,
  tls: { readonly server: Certificate; readonly client: Certificate } | undefined,
): RunningKafka {
  const at = (port: number) => `127.0.0.1:${port}`;
  return {
    address: broker.address,
    ...(sasl ? { saslAddress: at(ports.sasl) } : {}),
    ...(tls ? { tls: { address: at(ports.tls), ca: tls.server.certificate, client: tls.client } } : {}),
    kill: () => broker.kill(),
    start: () => broker.start(),
    freeze: () => broker.freeze(),
    resume: () => broker.resume(),
    stop: () => broker.stop(),
  };
}

const notOurs = () => {
  throw new Error('The broker of OPENOMS_TEST_KAFKA is not for a test to stop: ask for one of its own');
};

const givenKafka = (address: string): RunningKafka => ({
  address,
  kill: notOurs,
  start: notOurs,
  freeze: notOurs,
  resume: notOurs,
  stop: () => Promise.resolve(),
});

/** Found together, so that no two are the same. */
async function freePorts(): Promise<Ports> {
  const probes = Array.from({ length: 4 }, () => createServer().listen(0, '127.0.0.1'));
  await Promise.all(probes.map((probe) => once(probe, 'listening')));
  const [plain, controller, sasl, tls] = probes.map((probe) => (probe.address() as AddressInfo).port) as [
    number,
    number,
    number,
    number,
  ];
  await Promise.all(probes.map((probe) => once(probe.close(), 'close')));
  return { plain, controller, sasl, tls };
}
