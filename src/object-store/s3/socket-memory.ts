import { ChunkGatherer } from './chunk-gatherer.js';
import type { ReadInto } from './open-socket.js';
import { SlabReader } from './read-slabs.js';
import type { ResponseHead } from './response-head.js';

/** All sockets read heads and small bodies into this: what is read is used up before the next read. */
const SHARED = Buffer.allocUnsafeSlow(64 * 1024);
/** Longer bodies that are streamed get memory of their own. */
const SLABS_FROM_BYTES = SHARED.length;

/** Told of what a socket has read. */
export interface SocketReader {
  /** Memory that the next bytes belong in, if they are known to. */
  room(): Buffer | undefined;
  /** The bytes are valid during the call only. False pauses the socket. */
  read(bytes: Buffer): boolean;
  /** The bytes are the reader's unless they are `lent`, for the time of the call. */
  deliver(bytes: Buffer, lent: boolean): void;
}

/** Where a socket reads to. */
export class SocketMemory implements ReadInto {
  private readonly gathered: ChunkGatherer;
  private slabs: SlabReader | undefined;
  private inSlab = false;

  constructor(private readonly reader: SocketReader) {
    this.gathered = new ChunkGatherer((chunk) => reader.deliver(chunk, false));
  }

  readonly buffer = (): Buffer => {
    this.inSlab = this.slabs !== undefined;
    return this.slabs?.room() ?? this.reader.room() ?? SHARED;
  };

  readonly callback = (length: number, { buffer, byteOffset }: Uint8Array): boolean => {
    if (this.inSlab) this.slabs?.read(length);
    const goesOn = this.reader.read(Buffer.from(buffer, byteOffset, length));
    if (this.inSlab) this.slabs?.next();
    return goesOn;
  };

  /** From the next read on these are the bytes of a body that is streamed. */
  begin({ framing }: ResponseHead): void {
    if (framing.kind !== 'length' || framing.bytes > SLABS_FROM_BYTES) this.slabs = new SlabReader();
  }

  /** These of the bytes read belong to the body. */
  body(bytes: Buffer): void {
    if (this.inSlab && this.slabs !== undefined) {
      this.slabs.handOn(bytes);
      this.gathered.add(bytes);
    } else this.reader.deliver(bytes, true);
  }

  /** The body is whole. */
  end(): void {
    this.gathered.flush();
    this.slabs?.close();
    this.slabs = undefined;
  }

  /** What has not been delivered is dropped. */
  drop(): void {
    this.gathered.drop();
  }
}
