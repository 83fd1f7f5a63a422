import { SLAB_BYTES, takeBlock } from '../body-memory.js';

/** Less room than this is not worth a read. */
const MIN_ROOM_BYTES = 32 * 1024;

/** The slabs that one body is read into. */
export class SlabReader {
  private slab = takeBlock(SLAB_BYTES);

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
    this.slab.handOn(chunk.length);
  }

  /** To be called after everything that was read is handed on or dropped. */
  next(): void {
    if (SLAB_BYTES - this.slab.filled >= MIN_ROOM_BYTES) return;
    this.close();
    this.slab = takeBlock(SLAB_BYTES);
  }

  close(): void {
    this.slab.close();
  }
}
