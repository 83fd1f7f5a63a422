import type { ReadResp as WireReadResp } from '@eventstore/db-client/generated/streams_pb.js';
import type { LogPosition } from './event-log.js';
import { streamIdentifier } from './proposed-event.js';
import { revisionText, type StoredEvent } from './stored-event.js';
import { uuidMessage } from './uuid.js';
import { bytesOf, ReadResp } from './wire.js';

const TICKS_PER_MS = 10_000n;

const recordOf = (event: StoredEvent, structuredIds: boolean): WireReadResp.ReadEvent.RecordedEvent => {
  const position = event.position.toString();
  const record = new ReadResp.ReadEvent.RecordedEvent()
    .setId(uuidMessage(event.id, structuredIds))
    .setStreamIdentifier(streamIdentifier(event.stream))
    .setStreamRevision(revisionText(event.revision))
    .setCommitPosition(position)
    .setPreparePosition(position)
    .setData(event.data)
    .setCustomMetadata(event.metadata);
  record
    .getMetadataMap()
    .set('type', event.type)
    .set('created', (BigInt(event.created) * TICKS_PER_MS).toString())
    .set('content-type', event.isJson ? 'application/json' : 'application/octet-stream');
  return record;
};

const encode = (event: StoredEvent, link: StoredEvent | undefined, structuredIds: boolean): Buffer => {
  const read = new ReadResp.ReadEvent().setEvent(recordOf(event, structuredIds));
  if (link !== undefined) read.setLink(recordOf(link, structuredIds));
  read.setCommitPosition((link ?? event).position.toString());
  return bytesOf(new ReadResp().setEvent(read));
};

const withStringIds = new WeakMap<StoredEvent, Buffer>();
const withStructuredIds = new WeakMap<StoredEvent, Buffer>();

/** The event as an answer to a read; every reader of it gets the same bytes. */
export const eventResponse = (event: StoredEvent, structuredIds: boolean): Buffer => {
  const encoded = structuredIds ? withStructuredIds : withStringIds;
  const known = encoded.get(event);
  if (known !== undefined) return known;
  const bytes = encode(event, undefined, structuredIds);
  encoded.set(event, bytes);
  return bytes;
};

/** An event that was read through a link to it; without target only the link is there. */
export const linkResponse = (link: StoredEvent, target: StoredEvent | undefined, structuredIds: boolean): Buffer => {
  if (target !== undefined) return encode(target, link, structuredIds);
  const read = new ReadResp.ReadEvent().setLink(recordOf(link, structuredIds));
  read.setCommitPosition(link.position.toString());
  return bytesOf(new ReadResp().setEvent(read));
};

export const confirmationResponse = (subscriptionId: string): Buffer =>
  bytesOf(new ReadResp().setConfirmation(new ReadResp.SubscriptionConfirmation().setSubscriptionId(subscriptionId)));

export const checkpointResponse = ({ commit, prepare }: LogPosition): Buffer =>
  bytesOf(
    new ReadResp().setCheckpoint(
      new ReadResp.Checkpoint().setCommitPosition(commit.toString()).setPreparePosition(prepare.toString()),
    ),
  );

export const streamNotFoundResponse = (stream: string): Buffer =>
  bytesOf(
    new ReadResp().setStreamNotFound(new ReadResp.StreamNotFound().setStreamIdentifier(streamIdentifier(stream))),
  );

export const caughtUpResponse = (): Buffer => bytesOf(new ReadResp().setCaughtUp(new ReadResp.CaughtUp()));
export const fellBehindResponse = (): Buffer => bytesOf(new ReadResp().setFellBehind(new ReadResp.FellBehind()));
