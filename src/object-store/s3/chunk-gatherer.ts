/** Chunks from this size on are handed on as they are. */
const ENOUGH_BYTES = 64 * 1024;

/**
 * Makes few large chunks of many small neighbours in one piece of memory, as TLS gives them, 16 KiB at a time: each chunk has
 * a way through several streams before it. Nothing is held back longer than until all sockets have been read once.
 */
export class ChunkGatherer {
  private held: Buffer | undefined;
  private due: NodeJS.Immediate | undefined;

  constructor(private readonly deliver: (chunk: Buffer) => void) {}

  add(chunk: Buffer): void {
    if (this.held !== undefined && !follows(this.held, chunk)) this.flush();
    const { held } = this;
    this.held = held === undefined ? chunk : Buffer.from(held.buffer, held.byteOffset, held.length + chunk.length);
    if (this.held.length >= ENOUGH_BYTES) this.flush();
    else this.due ??= setImmediate(this.flush);
  }

  /** Hands on what is held. */
  readonly flush = (): void => {
    const { held } = this;
    this.drop();
    if (held !== undefined) this.deliver(held);
  };

  /** Forgets what is held. */
  drop(): void {
    clearImmediate(this.due);
    this.due = undefined;
    this.held = undefined;
  }
}

const follows = (first: Buffer, second: Buffer): boolean =>
  first.buffer === second.buffer && first.byteOffset + first.length === second.byteOffset;
