import grpc from '@grpc/grpc-js';
import type {
  AppendReq,
  AppendResp,
  BatchAppendReq,
  BatchAppendResp,
  DeleteReq,
  ReadReq,
  TombstoneReq,
} from '@eventstore/db-client/generated/streams_pb.js';
import { appendAnswer, receiveAppend, softDelete, tombstone } from './append-calls.js';
import { BatchAppendCall } from './batch-append-call.js';
import { gossip, supportedMethods, type NodeInfo } from './cluster-calls.js';
import type { Database } from './database.js';
import { EventSender } from './event-sender.js';
import type { Method } from './faults.js';
import type { Gate, GatedCall } from './gate.js';
import { CallEnded, Outlet } from './outlet.js';
import { decodeShape, ReadCall } from './read-call.js';
import { asRpcError, handlerFailed } from './rpc-error.js';
import { GossipService, ServerFeaturesService, StreamsService, type Serializable } from './wire.js';

export interface ServiceContext {
  readonly database: Database;
  readonly gate: Gate;
  readonly maxAppendBytes: number;
  readonly version: string;
  readonly batchAppend: boolean;
  readonly node: () => NodeInfo;
  /** Live subscriptions; the services keep it. */
  readonly subscriptions: Set<Outlet<ReadReq>>;
}

/** One answer, after all that the gate has to say. `carryOut` runs once the call may go ahead. */
const answerOnce = async <R>(
  { gate }: ServiceContext,
  method: Method,
  call: GatedCall & { readonly cancelled: boolean },
  callback: grpc.sendUnaryData<R>,
  carryOut: () => R | Promise<R>,
): Promise<void> => {
  try {
    gate.enter(method, call);
    await gate.hold(method, call);
    // Its deadline is over, or its client has gone: nobody wants it done any more.
    if (call.cancelled) return;
    const answer = await carryOut();
    if (await gate.leave(method, call)) callback(null, answer);
  } catch (error) {
    callback(asRpcError(error));
  }
};

const unary =
  <Q, R extends Serializable>(
    context: ServiceContext,
    method: Method,
    carryOut: (request: Q) => R,
  ): grpc.handleUnaryCall<Q, R> =>
  (call, callback) =>
    void answerOnce(context, method, call, callback, () => carryOut(call.request));

const append =
  (context: ServiceContext): grpc.handleClientStreamingCall<AppendReq, AppendResp> =>
  (call, callback) =>
    void answerOnce(context, 'append', call, callback, async () => {
      const { stream, expected, events } = await receiveAppend(call, context.maxAppendBytes);
      return appendAnswer(context.database.append(stream, expected, events), stream, expected);
    });

const batchAppend =
  ({ database, gate, maxAppendBytes }: ServiceContext): grpc.handleBidiStreamingCall<BatchAppendReq, BatchAppendResp> =>
  (call) =>
    new BatchAppendCall(call, database, gate, maxAppendBytes).run();

const runRead = async (
  { database, gate, subscriptions }: ServiceContext,
  call: grpc.ServerWritableStream<ReadReq, Buffer>,
): Promise<void> => {
  const outlet = new Outlet(call);
  try {
    gate.enter('read', call);
    await gate.hold('read', call);
    if (!(await gate.leave('read', call))) return;
    const options = call.request.getOptions();
    if (options === undefined) throw handlerFailed('Options are missing.');
    const read = new ReadCall(database, new EventSender(outlet, database, decodeShape(options)), options);
    if (read.isSubscription && !outlet.isOver) {
      subscriptions.add(outlet);
      outlet.onceOver(() => subscriptions.delete(outlet));
    }
    await read.run();
    outlet.finish();
  } catch (error) {
    if (!(error instanceof CallEnded)) outlet.fail(asRpcError(error));
  }
};

/** Answers to reads are encoded already: an event is encoded once for all its readers. */
const encodedRead = { ...StreamsService.read, responseSerialize: (bytes: Buffer) => bytes };

/** Registers the services of EventStoreDB that the server implements. */
export const addServices = (server: grpc.Server, context: ServiceContext): void => {
  const { database } = context;
  server.addService(
    { ...StreamsService, read: encodedRead },
    {
      read: (call: grpc.ServerWritableStream<ReadReq, Buffer>) => void runRead(context, call),
      append: append(context),
      batchAppend: batchAppend(context),
      delete: unary(context, 'delete', (request: DeleteReq) => softDelete(database, request)),
      tombstone: unary(context, 'tombstone', (request: TombstoneReq) => tombstone(database, request)),
    },
  );
  server.addService(ServerFeaturesService, {
    getSupportedMethods: unary(context, 'serverFeatures', () => supportedMethods(context.version, context.batchAppend)),
  });
  server.addService(GossipService, { read: unary(context, 'gossip', () => gossip(context.node())) });
};
