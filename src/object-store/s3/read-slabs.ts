const SLAB_BYTES = 256 * 1024;
/** Less room than this is not worth a read. */
const MIN_ROOM_BYTES = 32 * 1024;
/** Slabs kept for the next body, over all connections: 16 MiB. */
const MAX_FREE_SLABS = 64;

/** Memory that a socket reads a body into, front to back. */
class Slab {
  readonly bytes = Buffer.allocUnsafeSlow(SLAB_BYTES);
  /** Up to where it was read into. */
  filled = 0;
  /** Bytes handed on, and of these the ones that were given back. */
  handedOn = 0;
  givenBack = 0;
  /** Nothing more is read into it. */
  closed = false;
}

const slabOf = new WeakMap<ArrayBufferLike, Slab>();
const free: Slab[] = [];

function reuseWhenDone(slab: Slab): void {
  if (!slab.closed || slab.givenBack !== slab.handedOn || free.length >= MAX_FREE_SLABS) return;
  slab.filled = 0;
  slab.handedOn = 0;
  slab.givenBack = 0;
  slab.closed = false;
  free.push(slab);
}

/**
 * Says that nobody looks at these bytes any more, so that their memory can be read into again. Only for the one who was handed
 * a chunk of a body and passed it on to nobody but the kernel; each byte once. Chunks from elsewhere are left alone, and
 * those that are never given back are left to the garbage collector.
 */
export function giveBack(chunk: Buffer): void {
  const slab = slabOf.get(chunk.buffer);
  if (slab === undefined) return;
  slab.givenBack += chunk.length;
  reuseWhenDone(slab);
}

/** The slabs that one body is read into. */
export class SlabReader {
  private slab = take();

  /** Where the next bytes go. */
  room(): Buffer {
    return this.slab.bytes.subarray(this.slab.filled);
  }

  /** That many bytes were read into `room`. */
  read(bytes: number): void {
    this.slab.filled += bytes;
  }

  /** These of the bytes read are handed on. */
  handOn(chunk: Buffer): void {
    this.slab.handedOn += chunk.length;
  }

  /** To be called after everything that was read is handed on or dropped. */
  next(): void {
    if (SLAB_BYTES - this.slab.filled >= MIN_ROOM_BYTES) return;
    this.close();
    this.slab = take();
  }

  close(): void {
    this.slab.closed = true;
    reuseWhenDone(this.slab);
  }
}

function take(): Slab {
  const kept = free.pop();
  if (kept !== undefined) return kept;
  const slab = new Slab();
  slabOf.set(slab.bytes.buffer, slab);
  return slab;
}
