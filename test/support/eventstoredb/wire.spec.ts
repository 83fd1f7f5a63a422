import { randomUUID } from 'node:crypto';
import grpc from '@grpc/grpc-js';
import streamsGrpc from '@eventstore/db-client/generated/streams_grpc_pb.js';
import streamsPb from '@eventstore/db-client/generated/streams_pb.js';
import type { BatchAppendReq, BatchAppendResp, ReadResp } from '@eventstore/db-client/generated/streams_pb.js';
import emptyPb from 'google-protobuf/google/protobuf/empty_pb.js';
import timestampPb from 'google-protobuf/google/protobuf/timestamp_pb.js';
import { streamIdentifier } from './proposed-event.js';
import { nextOf, StoreUnderTest } from './server-under-test.js';
import { uuidMessage } from './uuid.js';
import { Empty } from './wire.js';

const JSON_PROPERTIES = { type: 'T', 'content-type': 'application/json' };

const proposed = (
  id = randomUUID(),
  structured = false,
  properties: Partial<Record<string, string>> = JSON_PROPERTIES,
) => {
  const message = new streamsPb.BatchAppendReq.ProposedMessage()
    .setId(uuidMessage(id, structured))
    .setData(Buffer.from('{}'));
  for (const [name, value = ''] of Object.entries(properties)) message.getMetadataMap().set(name, value);
  return message;
};

const options = (stream = 'a', deadlineMs = 5000) =>
  new streamsPb.BatchAppendReq.Options()
    .setStreamIdentifier(streamIdentifier(stream))
    .setAny(new emptyPb.Empty())
    .setDeadline(timestampPb.Timestamp.fromDate(new Date(Date.now() + deadlineMs)));

const request = (id: string, isFinal: boolean, ...messages: BatchAppendReq.ProposedMessage[]) =>
  new streamsPb.BatchAppendReq()
    .setCorrelationId(uuidMessage(id, false))
    .setProposedMessagesList(messages)
    .setIsFinal(isFinal);

describe('what the client package never sends', () => {
  const store = new StoreUnderTest();
  let client: InstanceType<typeof streamsGrpc.StreamsClient>;
  let batch: grpc.ClientDuplexStream<BatchAppendReq, BatchAppendResp>;
  beforeEach(() => {
    client = new streamsGrpc.StreamsClient(`127.0.0.1:${store.server.port}`, grpc.credentials.createInsecure());
    batch = client.batchAppend().on('error', () => undefined);
  });
  afterEach(() => {
    batch.cancel();
    client.close();
  });
  const answer = () => nextOf<BatchAppendResp>(batch, 'data');
  const detailsOf = (response: BatchAppendResp) => response.getError()?.getDetails()?.getTypeName();

  it('an append in chunks, among others: all or nothing at the last one', async () => {
    const [first, second] = [randomUUID(), randomUUID()];
    batch.write(request(first, false, proposed()).setOptions(options('a')));
    batch.write(request(first, false, proposed()));
    batch.write(request(second, true, proposed()).setOptions(options('b')));
    expect((await answer()).getCorrelationId()?.getString()).toBe(second);
    await expect(store.numbers('a')).rejects.toMatchObject({ type: 'stream-not-found' });
    batch.write(request(first, true, proposed()));
    const response = await answer();
    expect(response.getCorrelationId()?.getString()).toBe(first);
    expect(response.getSuccess()?.getCurrentRevision()).toBe('2');
  });

  it('an append whose rest does not come before its deadline', async () => {
    batch.write(request(randomUUID(), false, proposed()).setOptions(options('a', 50)));
    expect(detailsOf(await answer())).toBe('event_store.client.Timeout');
  });

  it('an append whose deadline is over', async () => {
    batch.write(request(randomUUID(), true, proposed()).setOptions(options('a', -1)));
    expect(detailsOf(await answer())).toBe('event_store.client.Timeout');
    await expect(store.numbers('a')).rejects.toMatchObject({ type: 'stream-not-found' });
  });

  it.each([
    ['no content type', { type: 'T' }, "Required Metadata Property 'content-type' is missing"],
    ['no type', { 'content-type': 'application/json' }, "Required Metadata Property 'type' is missing"],
  ])('an event with %s', async (_what, properties, why) => {
    batch.write(request(randomUUID(), true, proposed(randomUUID(), false, properties)).setOptions(options()));
    const response = await answer();
    expect(detailsOf(response)).toBe('event_store.client.BadRequest');
    expect(Buffer.from(response.getError()!.getDetails()!.getValue_asU8()).toString()).toContain(why);
  });

  it('ids as two numbers, given back so to whoever wants them so', async () => {
    const id = 'f81d4fae-7dec-11d0-a765-00a0c91e6bf6';
    batch.write(request(randomUUID(), true, proposed(id, true)).setOptions(options()));
    await answer();
    const read = new streamsPb.ReadReq.Options()
      .setStream(
        new streamsPb.ReadReq.Options.StreamOptions().setStreamIdentifier(streamIdentifier('a')).setStart(new Empty()),
      )
      .setCount('1')
      .setNoFilter(new Empty())
      .setUuidOption(new streamsPb.ReadReq.Options.UUIDOption().setStructured(new Empty()));
    const responses = client.read(new streamsPb.ReadReq().setOptions(read));
    const response = await nextOf<ReadResp>(responses, 'data');
    expect(response.getEvent()?.getEvent()?.getId()?.toObject()).toEqual(uuidMessage(id, true).toObject());
    for await (const { event: found } of store.client.readStream('a')) expect(found?.id).toBe(id);
  });

  it('a read that makes no sense', async () => {
    const read = new streamsPb.ReadReq().setOptions(new streamsPb.ReadReq.Options().setCount('1'));
    expect(await nextOf(client.read(read), 'error')).toMatchObject({ code: grpc.status.UNKNOWN });
  });

  it('an end of its appends: the call ends when all are answered', async () => {
    const ended = nextOf(batch, 'status');
    batch.write(request(randomUUID(), true, proposed()).setOptions(options()));
    batch.on('data', () => undefined).end();
    expect(await ended).toMatchObject({ code: grpc.status.OK });
    expect((await store.all()).at(-1)).toBe('0@a');
  });
});
