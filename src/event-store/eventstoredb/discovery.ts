import type { ChannelCredentials, ChannelOptions } from '@grpc/grpc-js';
import { Metadata } from '@grpc/grpc-js';
import { nodeName } from './connection-string.js';
import type { ConnectionSettings, Node, NodePreference } from './connection-string.js';
import { Empty, GossipClient, VNodeState } from './wire.js';
import type { ClusterInfo, MemberInfo } from './wire.js';

const { LEADER, FOLLOWER, READONLYLEADERLESS, PREREADONLYREPLICA, READONLYREPLICA } = VNodeState;
const READ_ONLY: readonly number[] = [READONLYLEADERLESS, PREREADONLYREPLICA, READONLYREPLICA];
/** States in which a member serves reads. */
const SERVING: readonly number[] = [LEADER, FOLLOWER, ...READ_ONLY];
const PREFERRED: Readonly<Record<NodePreference, readonly number[]>> = {
  leader: [LEADER],
  follower: [FOLLOWER],
  readonlyreplica: READ_ONLY,
  random: [],
};

/** Asks the nodes one after the other for the members of their cluster; answers the best one. Throws when none tells. */
export async function discoverNode(
  { nodes, gossipTimeoutMs, nodePreference }: ConnectionSettings,
  credentials: ChannelCredentials,
  options: ChannelOptions,
  failed: string | undefined,
): Promise<Node> {
  const order = shuffled(nodes).sort((a, b) => Number(isNode(a, failed)) - Number(isNode(b, failed)));
  let failure: unknown = new Error('no node was asked');
  for (const node of order) {
    try {
      const members = await membersOf(node, credentials, options, gossipTimeoutMs);
      const best = bestMember(members, nodePreference);
      if (best) return best;
      failure = new Error('no member of the cluster is ready');
    } catch (error) {
      failure = error;
    }
  }
  throw failure;
}

function membersOf(
  node: Node,
  credentials: ChannelCredentials,
  options: ChannelOptions,
  timeoutMs: number,
): Promise<readonly MemberInfo[]> {
  const client = new GossipClient(nodeName(node), credentials, options);
  return new Promise((resolve, reject) => {
    const answered = (error: Error | null, info?: ClusterInfo) => {
      client.close();
      if (error) reject(error);
      else resolve(info?.getMembersList() ?? []);
    };
    client.read(new Empty(), new Metadata(), { deadline: Date.now() + timeoutMs }, answered);
  });
}

function bestMember(members: readonly MemberInfo[], preference: NodePreference): Node | undefined {
  const wanted = PREFERRED[preference];
  const ready = shuffled(members.filter((member) => member.getIsAlive() && SERVING.includes(member.getState())));
  const best = ready.find((member) => wanted.includes(member.getState())) ?? ready[0];
  const place = best?.getHttpEndPoint();
  return place && { host: place.getAddress(), port: place.getPort() };
}

const isNode = (node: Node, name: string | undefined): boolean => nodeName(node) === name;

const shuffled = <T>(items: readonly T[]): T[] =>
  items
    .map((item) => ({ item, at: Math.random() }))
    .sort((a, b) => a.at - b.at)
    .map(({ item }) => item);
