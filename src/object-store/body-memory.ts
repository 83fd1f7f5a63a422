const KIB = 1024;

/** What a body is read into piece by piece. */
export const SLAB_BYTES = 256 * KIB;
/** Sizes of blocks; memory for what is larger than all of them is left to the garbage collector. */
const BLOCK_BYTES = [64 * KIB, SLAB_BYTES, 1024 * KIB];
/** A body up to this size is not worth a block. */
const SMALL_BYTES = 16 * KIB;
/** So much is kept for the next bodies: as much as copies in flight have, as a rule. What was not needed for so long is dropped. */
const MAX_FREE_BYTES = 64 * 1024 * KIB;
const KEPT_MS = 1000;

/** Memory that a socket reads bodies into, front to back. */
export class Block {
  readonly bytes: Buffer;
  /** Up to where it was read into. */
  filled = 0;
  /** Bytes handed on, and of these the ones that were given back. */
  private handedOn = 0;
  private givenBack = 0;
  private closed = false;

  constructor(bytes: number) {
    this.bytes = Buffer.allocUnsafeSlow(bytes);
  }

  /** So many of its bytes are somebody else's until they are given back. */
  handOn(bytes: number): void {
    this.handedOn += bytes;
  }

  takeBack(bytes: number): void {
    this.givenBack += bytes;
    this.reuseWhenDone();
  }

  /** Nothing more is read into it. */
  close(): void {
    this.closed = true;
    this.reuseWhenDone();
  }

  private reuseWhenDone(): void {
    if (!this.closed || this.givenBack !== this.handedOn) return;
    this.filled = 0;
    this.handedOn = 0;
    this.givenBack = 0;
    this.closed = false;
    keep(this);
  }
}

/** Free blocks of one size. */
class Shelf {
  readonly blocks: Block[] = [];
  /** The fewest there were since the last look: these were not needed. */
  private unneeded = 0;

  take(): Block | undefined {
    const block = this.blocks.pop();
    if (this.blocks.length < this.unneeded) this.unneeded = this.blocks.length;
    return block;
  }

  /** Drops what was not needed and answers how many these were. */
  trim(): number {
    const { length } = this.blocks.splice(0, this.unneeded);
    this.unneeded = this.blocks.length;
    return length;
  }
}

const blockOf = new WeakMap<ArrayBufferLike, Block>();
const shelves = new Map(BLOCK_BYTES.map((bytes) => [bytes, new Shelf()]));
let freeBytes = 0;
let trimming: NodeJS.Timeout | undefined;

/** A block of one of the sizes there are. */
export function takeBlock(bytes: number): Block {
  const kept = shelves.get(bytes)?.take();
  if (kept !== undefined) {
    freeBytes -= bytes;
    return kept;
  }
  const block = new Block(bytes);
  blockOf.set(block.bytes.buffer, block);
  return block;
}

function keep(block: Block): void {
  const { length } = block.bytes;
  if (freeBytes + length > MAX_FREE_BYTES) return;
  shelves.get(length)?.blocks.push(block);
  freeBytes += length;
  trimming ??= setInterval(trim, KEPT_MS).unref();
}

function trim(): void {
  for (const [bytes, shelf] of shelves) freeBytes -= bytes * shelf.trim();
  if (freeBytes > 0) return;
  clearInterval(trimming);
  trimming = undefined;
}

/** Memory for a body of this size, handed on as a whole. */
export function memoryFor(bytes: number): Buffer {
  if (bytes <= SMALL_BYTES) return Buffer.allocUnsafe(bytes);
  const size = BLOCK_BYTES.find((each) => bytes <= each);
  if (size === undefined) return Buffer.allocUnsafeSlow(bytes);
  const block = takeBlock(size);
  block.handOn(bytes);
  block.close();
  return block.bytes.subarray(0, bytes);
}

/**
 * Says that nobody looks at these bytes any more, so that their memory can be read into again. Only for the one who was handed
 * a body, or a chunk of one, and passed it on to nobody who may still have it; each byte once. Memory from elsewhere is left
 * alone, and what is never given back is left to the garbage collector.
 */
export function giveBack(bytes: Buffer): void {
  blockOf.get(bytes.buffer)?.takeBack(bytes.length);
}
