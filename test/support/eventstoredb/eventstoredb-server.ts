import { randomUUID } from 'node:crypto';
import grpc from '@grpc/grpc-js';
import type { ReadReq } from '@eventstore/db-client/generated/streams_pb.js';
import { Database } from './database.js';
import { Faults, type Method } from './faults.js';
import { Gate, type Credentials } from './gate.js';
import { HOST, Listener } from './listener.js';
import type { Outlet } from './outlet.js';
import { RpcError } from './rpc-error.js';
import { addServices } from './services.js';

export interface EventStoreDBOptions {
  /** Default 0: any that is free. */
  readonly port?: number;
  /** Without them everybody may do everything. The client sends credentials over TLS only. */
  readonly credentials?: Credentials;
  /** PEM. Without it the server speaks plain text. */
  readonly tls?: { readonly key: string; readonly cert: string };
  /** Limit of one append. Default 1 MiB, as the real server's. */
  readonly maxAppendBytes?: number;
  /** False: a server too old for it. Default true. */
  readonly batchAppend?: boolean;
  readonly version?: string;
  /** The time that events are created at and expire by, in milliseconds since 1970. Default the system's. */
  readonly now?: () => number;
}

export interface ServerStatistics {
  /** Calls taken, by method; of BatchAppend each append counts. */
  readonly calls: Readonly<Partial<Record<Method, number>>>;
  readonly subscriptions: number;
  /** Calls that stall on command and whose clients still wait. */
  readonly stalling: number;
  readonly connections: number;
  readonly connectionsAccepted: number;
  /** Events in the log, those of the system too. */
  readonly events: number;
}

/** Messages up to the size of a log record of the real server. */
const MAX_MESSAGE_BYTES = 16 * 1024 * 1024;

/**
 * EventStoreDB as its clients see it: one node, in memory, on the loopback interface. What goes wrong goes wrong on
 * command. `startEventStoreDB` makes one; `stop` must be called.
 */
export class EventStoreDBServer {
  readonly faults = new Faults();
  private readonly database: Database;
  private readonly instanceId = randomUUID();
  private readonly subscriptions = new Set<Outlet<ReadReq>>();
  private readonly grpcServer: grpc.Server;
  private readonly listener: Listener;
  private readonly gate: Gate;
  private shiftMs = 0;

  constructor(private readonly options: EventStoreDBOptions) {
    const now = options.now ?? Date.now;
    this.database = new Database(() => now() + this.shiftMs);
    this.gate = new Gate(this.faults, options.credentials, (peer) => this.listener.dropPeer(peer));
    this.grpcServer = new grpc.Server({ 'grpc.max_receive_message_length': MAX_MESSAGE_BYTES });
    addServices(this.grpcServer, {
      database: this.database,
      gate: this.gate,
      maxAppendBytes: options.maxAppendBytes ?? 1024 * 1024,
      version: options.version ?? '24.10.0',
      batchAppend: options.batchAppend ?? true,
      node: () => ({ instanceId: this.instanceId, host: HOST, port: this.port, isLeader: this.faults.isLeader }),
      subscriptions: this.subscriptions,
    });
    const injector = this.grpcServer.createConnectionInjector(this.serverCredentials());
    this.listener = new Listener((socket) => injector.injectConnection(socket));
  }

  get port(): number {
    return this.listener.port;
  }

  /** For the client; with the credentials, if any. A TLS client adds `tlsCAFile` itself. */
  get connectionString(): string {
    return this.connectionStringOf('esdb');
  }

  /** The same, but the client asks the node for the members of its cluster first. */
  get discoverConnectionString(): string {
    return this.connectionStringOf('esdb+discover');
  }

  get statistics(): ServerStatistics {
    return {
      calls: Object.fromEntries(this.gate.calls),
      subscriptions: this.subscriptions.size,
      stalling: this.faults.stalling,
      connections: this.listener.open,
      connectionsAccepted: this.listener.accepted,
      events: this.database.log.length,
    };
  }

  async start(): Promise<void> {
    await this.listener.listen(this.options.port);
  }

  /** Breaks all connections at once, as a cable that is pulled; answers how many there were. New ones are accepted. */
  dropConnections(): number {
    return this.listener.drop();
  }

  /** As a server that is down: breaks all connections, and refuses new ones until `acceptConnections`. */
  async refuseConnections(): Promise<void> {
    await this.listener.refuse();
    this.listener.drop();
  }

  /** Listens again, on the same port and with all that was stored. */
  async acceptConnections(): Promise<void> {
    await this.listener.listen();
  }

  /** Ends all subscriptions with this status, while their connections stay; answers how many there were. */
  failSubscriptions(code: grpc.status, details = 'Failed on command.'): number {
    const outlets = [...this.subscriptions];
    for (const outlet of outlets) outlet.fail(new RpcError(code, details));
    return outlets.length;
  }

  /** Takes out for good what can no longer be read from any stream; answers how many events that were. */
  scavenge(): number {
    return this.database.scavenge();
  }

  /** Moves the server's clock, and with it what `$maxAge` lets expire. */
  advanceTime(ms: number): void {
    this.shiftMs += ms;
  }

  /** Ends everything; calls that are open end with their connections. */
  async stop(): Promise<void> {
    this.faults.clear();
    await this.listener.refuse();
    this.listener.drop();
    this.grpcServer.forceShutdown();
  }

  private serverCredentials(): grpc.ServerCredentials {
    const { tls } = this.options;
    if (tls === undefined) return grpc.ServerCredentials.createInsecure();
    const pair = { private_key: Buffer.from(tls.key), cert_chain: Buffer.from(tls.cert) };
    return grpc.ServerCredentials.createSsl(null, [pair]);
  }

  private connectionStringOf(protocol: string): string {
    const { credentials, tls } = this.options;
    const [username, password] = [credentials?.username ?? '', credentials?.password ?? ''].map(encodeURIComponent);
    const user = credentials === undefined ? '' : `${username}:${password}@`;
    return `${protocol}://${user}${HOST}:${this.port}?tls=${tls !== undefined}`;
  }
}

/** A running server. The default options make one without credentials and TLS on a free port. */
export const startEventStoreDB = async (options: EventStoreDBOptions = {}): Promise<EventStoreDBServer> => {
  const server = new EventStoreDBServer(options);
  await server.start();
  return server;
};
