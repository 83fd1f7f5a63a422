import type { ClusterInfo as WireClusterInfo } from '@eventstore/db-client/generated/gossip_pb.js';
import type { SupportedMethods as WireSupportedMethods } from '@eventstore/db-client/generated/serverfeatures_pb.js';
import { uuidMessage } from './uuid.js';
import {
  ClusterInfo,
  EndPoint,
  GossipService,
  MemberInfo,
  ServerFeaturesService,
  StreamsService,
  SupportedMethod,
  SupportedMethods,
} from './wire.js';

/** What a node says of itself. */
export interface NodeInfo {
  readonly instanceId: string;
  readonly host: string;
  readonly port: number;
  readonly isLeader: boolean;
}

/** Features of methods that clients ask for by name. */
const FEATURES: Readonly<Record<string, readonly string[]>> = {
  '/event_store.client.streams.Streams/Read': ['position', 'events'],
  '/event_store.client.streams.Streams/BatchAppend': ['deadline_duration'],
};

export const supportedMethods = (version: string, withBatchAppend: boolean): WireSupportedMethods => {
  const answer = new SupportedMethods().setEventStoreServerVersion(version);
  for (const service of [StreamsService, GossipService, ServerFeaturesService])
    for (const { path } of Object.values(service)) {
      if (!withBatchAppend && path === StreamsService.batchAppend.path) continue;
      const [, serviceName = '', methodName = ''] = path.split('/');
      answer.addMethods(
        new SupportedMethod()
          .setServiceName(serviceName)
          .setMethodName(methodName.toLowerCase())
          .setFeaturesList([...(FEATURES[path] ?? [])]),
      );
    }
  return answer;
};

/** A cluster of this node alone. */
export const gossip = ({ instanceId, host, port, isLeader }: NodeInfo): WireClusterInfo => {
  const { LEADER, FOLLOWER } = MemberInfo.VNodeState;
  const member = new MemberInfo()
    .setInstanceId(uuidMessage(instanceId, false))
    .setTimeStamp((BigInt(Date.now()) * 10_000n).toString())
    .setState(isLeader ? LEADER : FOLLOWER)
    .setIsAlive(true)
    .setHttpEndPoint(new EndPoint().setAddress(host).setPort(port));
  return new ClusterInfo().setMembersList([member]);
};
