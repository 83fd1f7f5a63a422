import type { Readable } from 'node:stream';
import type { CopyProgress } from './copy-job.js';

/** Reads a body of unknown length piece by piece; between two pieces the body waits. */
export class PieceReader {
  private readonly chunks: AsyncIterator<Buffer>;
  private left: Buffer | undefined;
  private over = false;

  constructor(
    body: Readable,
    private readonly progress: Pick<CopyProgress, 'moved'>,
  ) {
    this.chunks = body.iterator({ destroyOnReturn: false }) as AsyncIterator<Buffer>;
  }

  /** The next so many bytes; fewer only at the end. Rejects with the body's own error. */
  async next(bytes: number): Promise<Buffer> {
    const pieces: Buffer[] = [];
    for (let missing = bytes; missing > 0;) {
      const chunk = await this.chunk();
      if (chunk === undefined) break;
      const piece = chunk.subarray(0, missing);
      this.left = piece.length < chunk.length ? chunk.subarray(piece.length) : undefined;
      pieces.push(piece);
      missing -= piece.length;
    }
    return Buffer.concat(pieces);
  }

  /** True when nothing more comes; waits until that is known. */
  async ended(): Promise<boolean> {
    this.left = await this.chunk();
    return this.left === undefined;
  }

  private async chunk(): Promise<Buffer | undefined> {
    if (this.left !== undefined || this.over) {
      const { left } = this;
      this.left = undefined;
      return left;
    }
    for (;;) {
      const step = await this.chunks.next();
      if (step.done === true) {
        this.over = true;
        return undefined;
      }
      if (step.value.length === 0) continue;
      this.progress.moved(step.value.length);
      return step.value;
    }
  }
}
