const KIB = 1024;

/** Memory for small things that live for a short while, cut from large pieces: one of their own for each costs more than it holds. */
export class SmallMemory {
  private piece = Buffer.alloc(0);
  private taken = 0;

  /** Larger pieces cost less, and are kept whole for as long as anything in them is. */
  constructor(private readonly pieceBytes = 256 * KIB) {}

  /** For at most the size of a piece. */
  take(bytes: number): Buffer {
    if (this.taken + bytes > this.piece.length) {
      this.piece = Buffer.allocUnsafeSlow(this.pieceBytes);
      this.taken = 0;
    }
    const start = this.taken;
    this.taken += bytes;
    return this.piece.subarray(start, this.taken);
  }

  /** Takes back what `take` gave, if that was the last: nobody looks at it any more. */
  untake(last: Buffer): void {
    if (last.buffer === this.piece.buffer && last.byteOffset + last.length === this.piece.byteOffset + this.taken)
      this.taken -= last.length;
  }
}
