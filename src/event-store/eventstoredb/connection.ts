import { Channel, connectivityState, credentials, Metadata, status } from '@grpc/grpc-js';
import type { ChannelCredentials, ChannelOptions } from '@grpc/grpc-js';
import { EventStoreUnavailable } from '../event-store.port.js';
import { nodeName, readPem, type ConnectionSettings, type Node } from './connection-string.js';
import { discoverNode } from './discovery.js';
import { callFailure, leaderOf, whatIsWrong } from './errors.js';
import { Empty, ServerFeaturesClient, StreamsClient } from './wire.js';
import type { Streams } from './wire.js';

/** The greatest event the engine can hold, with what goes around it. */
const MAX_RECEIVE_BYTES = 17 * 1024 * 1024;

/** A node with the channel to it. */
export interface Link {
  readonly node: Node;
  readonly channel: Channel;
  readonly streams: Streams;
  readonly since: number;
}

/** A connection attempt that is older than this has gone nowhere. */
const GONE_NOWHERE_MS = 30_000;

/** The way to the event store: one channel to one node, found anew when that node is gone or no longer the leader. */
export class Connection {
  private readonly security: ChannelCredentials;
  private readonly channelOptions: ChannelOptions;
  private current: Promise<Link> | undefined;
  private failed: string | undefined;
  private leader: Node | undefined;
  private closed = false;

  /** Opens the files that the settings name; the network only when it is first used. */
  constructor(readonly settings: ConnectionSettings) {
    this.security = securityOf(settings);
    this.channelOptions = channelOptions(settings);
  }

  /** The channel in use. Bounded only by the gossip timeout, once for each node. */
  async link(): Promise<Link> {
    if (this.closed) throw new EventStoreUnavailable('The event store is closed');
    const opening = (this.current ??= this.open());
    try {
      return await opening;
    } catch (error) {
      if (this.current === opening) this.current = undefined;
      throw error;
    }
  }

  /** What every call says of itself. */
  metadata(): Metadata {
    const { user, tls, connectionName, nodePreference } = this.settings;
    const metadata = new Metadata();
    metadata.set('connection-name', connectionName);
    // Followers lag: what a subscription has delivered could not be compared with a head that another node told.
    if (nodePreference === 'leader') metadata.set('requires-leader', 'true');
    // A name and password are for encrypted connections only; a server without TLS asks for none.
    if (user && tls)
      metadata.set('authorization', `Basic ${Buffer.from(`${user.name}:${user.password}`).toString('base64')}`);
    return metadata;
  }

  /** A failed call may mean that its node is not the one to talk to any more: the next call then goes elsewhere. */
  noteFailure(link: Link, error: unknown): void {
    const failure = callFailure(error);
    if (!failure) return;
    this.leader = leaderOf(failure) ?? this.leader;
    // With one node the channel finds back by itself.
    if (leaderOf(failure) || (this.settings.discover && failure.code === status.UNAVAILABLE)) this.leave(link);
  }

  /** A call had no answer in time. An attempt to connect may go on for ever, since nobody else ends it. */
  noteSilence(link: Link): void {
    const isConnecting = link.channel.getConnectivityState(false) === connectivityState.CONNECTING;
    const isOld = performance.now() - link.since > GONE_NOWHERE_MS;
    if (isConnecting && (isOld || this.settings.discover)) this.leave(link);
  }

  /** Methods of the server, as /service/Method in small letters. */
  async methods(deadlineMs: number): Promise<ReadonlySet<string>> {
    const link = await this.link();
    const client = new ServerFeaturesClient('', this.security, { channelOverride: link.channel });
    return new Promise((resolve, reject) => {
      client.getSupportedMethods(
        new Empty(),
        this.metadata(),
        { deadline: Date.now() + deadlineMs },
        (error, answer) => {
          if (error) {
            this.noteFailure(link, error);
            reject(error);
            return;
          }
          const methods = answer
            .getMethodsList()
            .map((m) => `/${m.getServiceName()}/${m.getMethodName()}`.toLowerCase());
          resolve(new Set(methods));
        },
      );
    });
  }

  close(): void {
    this.closed = true;
    const { current } = this;
    this.current = undefined;
    current?.then(({ channel }) => channel.close()).catch(() => undefined);
  }

  private leave(link: Link): void {
    void this.current
      ?.then((current) => {
        if (current !== link) return;
        this.current = undefined;
        this.failed = nodeName(link.node);
        link.channel.close();
      })
      .catch(() => undefined);
  }

  private async open(): Promise<Link> {
    const node = this.leader ?? (await this.find());
    this.leader = undefined;
    const channel = new Channel(nodeName(node), this.security, this.channelOptions);
    if (this.closed) {
      channel.close();
      throw new EventStoreUnavailable('The event store is closed');
    }
    const streams = new StreamsClient('', this.security, { channelOverride: channel });
    return { node, channel, streams, since: performance.now() };
  }

  private async find(): Promise<Node> {
    const [node] = this.settings.nodes;
    if (node && !this.settings.discover) return node;
    try {
      return await discoverNode(this.settings, this.security, this.channelOptions, this.failed);
    } catch (error) {
      const failure = callFailure(error);
      const why = failure ? whatIsWrong(failure, this.settings) : String(error);
      throw new EventStoreUnavailable(`The cluster of the event store is not found: ${why}`, { cause: error });
    }
  }
}

function securityOf(settings: ConnectionSettings): ChannelCredentials {
  if (!settings.tls) return credentials.createInsecure();
  const { caFile, userCertFile, userKeyFile, verifyCertificate } = settings;
  return credentials.createSsl(
    caFile === undefined ? null : readPem('tlsCAFile', caFile),
    userKeyFile === undefined ? null : readPem('userKeyFile', userKeyFile),
    userCertFile === undefined ? null : readPem('userCertFile', userCertFile),
    { rejectUnauthorized: verifyCertificate },
  );
}

const channelOptions = ({ keepAliveIntervalMs, keepAliveTimeoutMs }: ConnectionSettings): ChannelOptions => ({
  ...(keepAliveIntervalMs > 0 ? { 'grpc.keepalive_time_ms': keepAliveIntervalMs } : {}),
  ...(keepAliveTimeoutMs > 0 ? { 'grpc.keepalive_timeout_ms': keepAliveTimeoutMs } : {}),
  'grpc.max_receive_message_length': MAX_RECEIVE_BYTES,
  // A store that comes back is found within a second; the defaults wait for up to two minutes.
  'grpc.initial_reconnect_backoff_ms': 100,
  'grpc.max_reconnect_backoff_ms': 1_000,
  'grpc.dns_min_time_between_resolutions_ms': 1_000,
  'grpc.use_local_subchannel_pool': 1,
  // Tried again in one layer only: ours.
  'grpc.enable_retries': 0,
  'grpc.service_config_disable_resolution': 1,
  // An idle store is still a followed one.
  'grpc.client_idle_timeout_ms': 2_147_483_647,
  'grpc-node.flow_control_window': 1024 * 1024,
});
