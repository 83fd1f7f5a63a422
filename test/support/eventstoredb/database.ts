import { randomUUID } from 'node:crypto';
import { checkAppend, type Appended, type AppendDecision } from './check-append.js';
import { EventLog } from './event-log.js';
import {
  NO_EVENTS,
  sizeOf,
  TOMBSTONE_REVISION,
  type ExpectedState,
  type ProposedEvent,
  type StoredEvent,
} from './stored-event.js';
import { StreamIndex } from './stream-index.js';
import {
  isMetastream,
  METASTREAM_METADATA,
  metastreamOf,
  originalOf,
  parseMetadata,
  recreatedJson,
  softDeletedJson,
} from './stream-metadata.js';

export type WriteResult =
  | {
      readonly verdict: 'success';
      readonly revision: number;
      /** Undefined: the events were appended before, and can no longer be read. */
      readonly position: number | undefined;
    }
  | { readonly verdict: 'wrong-expected-version'; readonly current: number }
  | { readonly verdict: 'stream-deleted' };

type RefusalVerdict = 'wrong-expected-version' | 'stream-deleted';

/** Events by id that an append without expected revision is compared with. */
const RECENT_IDS = 100_000;
/** What a record holds beside the event and the name of its stream. */
const RECORD_FRAME_BYTES = 71;

const systemEvent = (type: string, data: Buffer): ProposedEvent => ({
  id: randomUUID(),
  type,
  isJson: true,
  data,
  metadata: new Uint8Array(),
});

/** All streams and the log of a single node, in memory. */
export class Database {
  readonly log = new EventLog();
  private readonly streams = new Map<string, StreamIndex>();
  private readonly recent = new Map<string, Appended>();

  /** `now` in milliseconds since 1970. A new database is not empty, as a real one is not. */
  constructor(readonly now: () => number) {
    const epoch = { EpochNumber: 0, EpochId: randomUUID(), LeaderInstanceId: randomUUID() };
    this.write('$epochs', systemEvent('$epoch-information', Buffer.from(JSON.stringify(epoch))));
    const retention = Buffer.from('{"$maxAge":864000,"$acl":{"$r":"$admins","$w":"$admins"}}');
    this.write('$$$scavenges', systemEvent('$metadata', retention));
  }

  /** Undefined: nothing was ever written to it, nor to its metadata. */
  stream(name: string): StreamIndex | undefined {
    return this.streams.get(name);
  }

  /** A metadata stream ends with the stream that it describes. */
  isTombstoned(name: string): boolean {
    const described = isMetastream(name) ? originalOf(name) : name;
    return this.streams.get(described)?.isTombstoned === true;
  }

  append(name: string, expected: ExpectedState, events: readonly ProposedEvent[]): WriteResult {
    const stream = this.open(name);
    const ids = events.map(({ id }) => id);
    const decision = this.check(stream, expected, ids);
    if (decision.verdict === 'idempotent') {
      const revision = decision.last;
      const readable = !stream.isSoftDeleted && revision >= stream.firstReadable(this.now());
      return { verdict: 'success', revision, position: readable ? stream.get(revision)?.position : undefined };
    }
    if (decision.verdict !== 'ok') return this.refusal(stream, decision.verdict);
    const begunAgain = stream.isSoftDeleted;
    const describedDeleted = isMetastream(name) && this.open(originalOf(name)).isSoftDeleted;
    const from = stream.last + 1;
    for (const event of events) this.write(name, event);
    const position = this.log.lastPosition;
    if (begunAgain) this.recreate(name, from);
    if (describedDeleted) this.recreate(originalOf(name), this.open(originalOf(name)).last + 1);
    return { verdict: 'success', revision: stream.last, position };
  }

  /** The stream reads as absent, and may begin again; its revisions go on. */
  softDelete(name: string, expected: ExpectedState): WriteResult {
    const stream = this.open(name);
    const refused = this.refuseDeletion(stream, expected);
    if (refused !== undefined) return refused;
    const { position } = this.write(metastreamOf(name), systemEvent('$metadata', softDeletedJson()));
    return { verdict: 'success', revision: stream.last, position };
  }

  /** The stream is gone for ever: nothing can be read of it or appended to it. */
  tombstone(name: string, expected: ExpectedState): WriteResult {
    const stream = this.open(name);
    const refused = this.refuseDeletion(stream, expected);
    if (refused !== undefined) return refused;
    const event = { ...systemEvent('$streamDeleted', Buffer.alloc(0)), isJson: false };
    const { position } = this.write(name, event, TOMBSTONE_REVISION);
    return { verdict: 'success', revision: TOMBSTONE_REVISION, position };
  }

  /** Takes out what no stream read can see any more; answers how many events that were. */
  scavenge(): number {
    const now = this.now();
    const lowest = new Map<string, number>();
    for (const stream of this.streams.values()) {
      const from = this.isTombstoned(stream.name) ? TOMBSTONE_REVISION : stream.scavengeFrom(now);
      lowest.set(stream.name, from);
      stream.dropBelow(from);
    }
    return this.log.scavenge(({ stream, revision }) => revision >= (lowest.get(stream) ?? 0));
  }

  private open(name: string): StreamIndex {
    const known = this.streams.get(name);
    if (known !== undefined) return known;
    const stream = new StreamIndex(name);
    if (isMetastream(name)) stream.metadata = METASTREAM_METADATA;
    this.streams.set(name, stream);
    return stream;
  }

  private check(stream: StreamIndex, expected: ExpectedState, ids: readonly string[]): AppendDecision {
    if (this.isTombstoned(stream.name)) return { verdict: 'stream-deleted' };
    const hasMetadata = (this.streams.get(metastreamOf(stream.name))?.last ?? NO_EVENTS) !== NO_EVENTS;
    return checkAppend(stream, expected, ids, this.recent, hasMetadata);
  }

  /** A deletion is an append of one event of its own, as far as the expected revision goes. */
  private refuseDeletion(stream: StreamIndex, expected: ExpectedState): WriteResult | undefined {
    const { verdict } = this.check(stream, expected, [randomUUID()]);
    return verdict === 'ok' || verdict === 'idempotent' ? undefined : this.refusal(stream, verdict);
  }

  private refusal(stream: StreamIndex, verdict: RefusalVerdict): WriteResult {
    return verdict === 'stream-deleted' ? { verdict } : { verdict, current: stream.last };
  }

  /** Settings that are no JSON object stay as they are, and the stream stays deleted. */
  private recreate(name: string, from: number): void {
    const json = recreatedJson(this.open(name).rawMetadata, from);
    if (json !== undefined) this.write(metastreamOf(name), systemEvent('$metadata', json));
  }

  private write(name: string, proposed: ProposedEvent, revision?: number): StoredEvent {
    const stream = this.open(name);
    const event: StoredEvent = {
      ...proposed,
      stream: name,
      revision: revision ?? (stream.last === NO_EVENTS ? 0 : stream.last + 1),
      position: this.log.end,
      created: this.now(),
    };
    stream.add(event);
    this.log.append(event, sizeOf(event) + name.length + RECORD_FRAME_BYTES);
    this.remember(event);
    if (isMetastream(name)) this.describe(originalOf(name), event.data);
    return event;
  }

  private describe(name: string, json: Uint8Array): void {
    const stream = this.open(name);
    stream.rawMetadata = json;
    if (!isMetastream(name)) stream.metadata = parseMetadata(json);
  }

  private remember({ id, stream, revision }: StoredEvent): void {
    this.recent.set(id, { stream, revision });
    if (this.recent.size <= RECENT_IDS) return;
    const oldest = this.recent.keys().next();
    if (oldest.done !== true) this.recent.delete(oldest.value);
  }
}
