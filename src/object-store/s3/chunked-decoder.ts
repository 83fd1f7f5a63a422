import { malformedAnswer } from './response-head.js';

const LF = 10;
const MAX_LINE_BYTES = 4096;
const MAX_TRAILERS_BYTES = 16 * 1024;
const SIZE_LINE = /^([0-9a-fA-F]{1,12})[ \t]*(?:;.*)?$/;

type State = 'size' | 'data' | 'data-end' | 'trailers' | 'over';

/** Takes the chunked coding off a body. Chunk extensions and trailers are passed over, within bounds. */
export class ChunkedDecoder {
  /** How much of the bytes given to `next` is used up. */
  consumed = 0;
  private state: State = 'size';
  private line = '';
  private left = 0;
  private trailerBytes = 0;

  get isOver(): boolean {
    return this.state === 'over';
  }

  /** Takes the next piece of the coding; answers the content in it, if any. */
  next(bytes: Buffer): Buffer | undefined {
    if (this.state === 'over') this.consumed = 0;
    else if (this.state === 'data') return this.data(bytes);
    else this.lineOf(bytes);
    return undefined;
  }

  private data(bytes: Buffer): Buffer {
    const part = bytes.length > this.left ? bytes.subarray(0, this.left) : bytes;
    this.left -= part.length;
    this.consumed = part.length;
    if (this.left === 0) this.state = 'data-end';
    return part;
  }

  private lineOf(bytes: Buffer): void {
    const end = bytes.indexOf(LF);
    this.consumed = end < 0 ? bytes.length : end + 1;
    this.line += bytes.toString('latin1', 0, this.consumed);
    if (this.line.length > MAX_LINE_BYTES) throw malformedAnswer('a chunk');
    if (end < 0) return;
    if (!this.line.endsWith('\r\n')) throw malformedAnswer('a chunk');
    const line = this.line.slice(0, -2);
    this.line = '';
    this.take(line);
  }

  private take(line: string): void {
    if (this.state === 'size') {
      const size = SIZE_LINE.exec(line)?.[1];
      if (size === undefined) throw malformedAnswer('the size of a chunk');
      this.left = parseInt(size, 16);
      this.state = this.left === 0 ? 'trailers' : 'data';
    } else if (this.state === 'data-end') {
      if (line !== '') throw malformedAnswer('the end of a chunk');
      this.state = 'size';
    } else {
      this.trailerBytes += line.length;
      if (this.trailerBytes > MAX_TRAILERS_BYTES) throw malformedAnswer('its trailers are too long');
      if (line === '') this.state = 'over';
    }
  }
}
