import path from 'node:path';
import type { Certificate } from './certificates.js';

export interface User {
  readonly username: string;
  readonly password: string;
}

/** Where a broker listens on 127.0.0.1. */
export interface Ports {
  readonly plain: number;
  readonly controller: number;
  readonly sasl: number;
  readonly tls: number;
}

export interface BrokerLayout {
  readonly folder: string;
  readonly ports: Ports;
  /** Settings that a test wants on top. */
  readonly settings: Readonly<Record<string, string>>;
  /** Who may come in through the SASL listener. */
  readonly user: User | undefined;
  /** What the TLS listener shows, and whom it lets in. */
  readonly tls: { readonly server: Certificate; readonly client: Certificate } | undefined;
}

/** One node that is broker and controller, quick to start and small. */
const BASE: Readonly<Record<string, string>> = {
  'process.roles': 'broker,controller',
  'node.id': '1',
  'controller.listener.names': 'CONTROLLER',
  'inter.broker.listener.name': 'PLAIN',
  'listener.security.protocol.map': 'PLAIN:PLAINTEXT,CONTROLLER:PLAINTEXT,SASL:SASL_PLAINTEXT,TLS:SSL',
  'auto.create.topics.enable': 'false',
  // A killed broker is let in again only when the session of its former life is over.
  'broker.session.timeout.ms': '1000',
  'broker.heartbeat.interval.ms': '200',
  'offsets.topic.num.partitions': '4',
  'offsets.topic.replication.factor': '1',
  'transaction.state.log.num.partitions': '2',
  'transaction.state.log.replication.factor': '1',
  'transaction.state.log.min.isr': '1',
  'group.initial.rebalance.delay.ms': '50',
  'group.min.session.timeout.ms': '500',
  'log.cleaner.dedupe.buffer.size': '4194304',
  'num.io.threads': '4',
  'num.network.threads': '2',
};

const saslSettings = ({ username, password }: User): Record<string, string> => {
  const login = 'org.apache.kafka.common.security';
  return {
    'listener.name.sasl.sasl.enabled.mechanisms': 'PLAIN,SCRAM-SHA-256,SCRAM-SHA-512',
    'listener.name.sasl.plain.sasl.jaas.config': `${login}.plain.PlainLoginModule required user_${username}="${password}";`,
    'listener.name.sasl.scram-sha-256.sasl.jaas.config': `${login}.scram.ScramLoginModule required;`,
    'listener.name.sasl.scram-sha-512.sasl.jaas.config': `${login}.scram.ScramLoginModule required;`,
  };
};

const onOneLine = (pem: string): string => pem.trim().replaceAll('\n', '\\n');

const tlsSettings = ({ server, client }: NonNullable<BrokerLayout['tls']>): Record<string, string> => ({
  'listener.name.tls.ssl.keystore.type': 'PEM',
  'listener.name.tls.ssl.keystore.certificate.chain': onOneLine(server.certificate),
  'listener.name.tls.ssl.keystore.key': onOneLine(server.key),
  'listener.name.tls.ssl.truststore.type': 'PEM',
  'listener.name.tls.ssl.truststore.certificates': onOneLine(client.certificate),
  'listener.name.tls.ssl.client.auth': 'required',
});

/** The text of the broker's properties file. */
export function brokerSettings({ folder, ports, settings, user, tls }: BrokerLayout): string {
  const at = (name: string, port: number) => `${name}://127.0.0.1:${port}`;
  const advertised = [
    at('PLAIN', ports.plain),
    ...(user ? [at('SASL', ports.sasl)] : []),
    ...(tls ? [at('TLS', ports.tls)] : []),
  ];
  const all = {
    ...BASE,
    'controller.quorum.voters': `1@127.0.0.1:${ports.controller}`,
    'log.dirs': path.join(folder, 'data'),
    listeners: [...advertised, at('CONTROLLER', ports.controller)].join(','),
    'advertised.listeners': advertised.join(','),
    ...(user ? saslSettings(user) : {}),
    ...(tls ? tlsSettings(tls) : {}),
    ...settings,
  };
  return Object.entries(all)
    .map(([name, value]) => `${name}=${value}\n`)
    .join('');
}

/** What formats the data folder; a user of SCRAM is made known here. */
export const formatArguments = (settingsFile: string, clusterId: string, user: User | undefined): string[] => [
  ...['kafka.tools.StorageTool', 'format', '--cluster-id', clusterId, '--config', settingsFile],
  ...['SCRAM-SHA-256', 'SCRAM-SHA-512'].flatMap((mechanism) =>
    user ? ['--add-scram', `${mechanism}=[name=${user.username},password=${user.password}]`] : [],
  ),
];
