import { randomId } from '../../kernel/ids.js';
import { WrongRevision } from '../event-store.port.js';
import type { Appended, ExpectedRevision } from '../event-store.port.js';
import type { BatchAppender } from './batch-appender.js';
import { encodeSystemEvent, eventId, jsonIn, positionOf, removalMark, type EncodedEvent } from './codec.js';
import type { Connection } from './connection.js';
import { callFailure, exceptionOf, isGone, portError } from './errors.js';
import type { Reader } from './reader.js';
import { DeleteReq, Empty, identifier } from './wire.js';
import { within } from './within.js';

/** Writers of one stream's metadata that may get in between before it is given up. */
const METADATA_ATTEMPTS = 5;
const DELETE_ATTEMPTS = 5;

/** What changes a stream. */
export class StreamWriter {
  constructor(
    private readonly connection: Connection,
    private readonly appender: BatchAppender,
    private readonly reader: Reader,
    private readonly timeoutMs: number,
  ) {}

  async append(
    stream: string,
    expected: ExpectedRevision,
    events: readonly EncodedEvent[],
    ids: readonly string[],
  ): Promise<Appended> {
    try {
      const { revision, position } = await this.appender.append({ stream, expected, events });
      const appended = { revision, position: position ?? (await this.positionAt(stream, revision)) };
      this.reader.known.note(appended.position);
      return appended;
    } catch (error) {
      // The server looks for a repeat at revision 0, where a stream that began again does not begin.
      const repeat = error instanceof WrongRevision && expected === 'no-stream' && (await this.repeatOf(stream, ids));
      if (repeat) return repeat;
      throw error;
    }
  }

  /** Keeps what else stands in the metadata of the stream. */
  async setMaxAge(stream: string, seconds: number): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      const newest = await this.reader.event(metadataOf(stream), 'newest');
      const metadata: Readonly<Record<string, unknown>> = { ...(newest && jsonIn(newest.getData_asU8())) };
      if (metadata.$maxAge === seconds) return;
      const expected = newest ? BigInt(newest.getStreamRevision()) : 'no-stream';
      const event = encodeSystemEvent(randomId(), '$metadata', { ...withoutDeletion(metadata), $maxAge: seconds });
      try {
        await this.appender.append({ stream: metadataOf(stream), expected, events: [event] });
        return;
      } catch (error) {
        if (!(error instanceof WrongRevision) || attempt === METADATA_ATTEMPTS) throw error;
      }
    }
  }

  async delete(stream: string): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      if (!(await this.reader.stream(stream, 1)).exists) return;
      const mark = removalMark(randomId());
      const { revision } = await this.appender.append({ stream, expected: 'any', events: [mark] });
      // Somebody may append behind the mark. Who does so without end gets a stream that keeps the last of it.
      if (await this.deleteAt(stream, attempt < DELETE_ATTEMPTS ? revision : 'any')) return;
    }
  }

  /** False when the stream is not at the revision. */
  private async deleteAt(stream: string, revision: bigint | 'any'): Promise<boolean> {
    const doing = `delete ${stream}`;
    const link = await within(this.timeoutMs, this.connection.link(), doing);
    const options = new DeleteReq.Options();
    options.setStreamIdentifier(identifier(stream));
    if (revision === 'any') options.setAny(new Empty());
    else options.setRevision(revision.toString());
    const request = new DeleteReq();
    request.setOptions(options);
    const metadata = this.connection.metadata();
    const deleted = new Promise<boolean>((resolve, reject) => {
      const deadline = Date.now() + this.timeoutMs;
      link.streams.delete(request, metadata, { deadline }, (error) => (error ? reject(error) : resolve(true)));
    });
    try {
      return await deleted;
    } catch (error) {
      const failure = callFailure(error);
      if (failure && isGone(failure)) return true;
      if (failure && exceptionOf(failure) === 'wrong-expected-version') return false;
      this.connection.noteFailure(link, error);
      throw portError(doing, error, this.connection.settings);
    }
  }

  /** A stream that was deleted since has no such event; then any position after it will do. */
  private async positionAt(stream: string, revision: bigint): Promise<bigint> {
    const event = await this.reader.event(stream, revision);
    return event ? positionOf(event) : ((await this.reader.head()) ?? 0n);
  }

  /** Where these ids stand, if they are what the stream begins with. */
  private async repeatOf(stream: string, ids: readonly string[]): Promise<Appended | undefined> {
    const { events } = await this.reader.stream(stream, ids.length);
    const last = events.at(-1);
    if (!last || ids.length !== events.length || !events.every((event, index) => eventId(event) === ids[index]))
      return undefined;
    return { revision: BigInt(last.getStreamRevision()), position: positionOf(last) };
  }
}

const metadataOf = (stream: string): string => `$$${stream}`;

/** The mark of a deleted stream is a number too large for JavaScript; the server puts another in its place. */
function withoutDeletion(metadata: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const { $tb, ...rest } = metadata;
  return Number.isSafeInteger($tb) ? metadata : rest;
}
