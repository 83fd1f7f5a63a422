import { createHash, type Hash } from 'node:crypto';
import type { ListedBucket, ListedEntry } from './listed-bucket.js';
import type { GeneratedPlan } from './plan.js';

const BLOCK_BYTES = 64 * 1024;
/** No two bytes of a block follow from one another by a shift, so that a body that is shifted is seen. */
const BLOCK = Buffer.from(Array.from({ length: BLOCK_BYTES }, (_, at) => (at * 31 + (at >> 8) * 7) & 0xff));
const LONG_AGO = Date.UTC(2026, 0, 2, 3, 4, 5);
const FOLDER_DIGITS = 5;
const OBJECT_DIGITS = 9;

/** A bucket whose objects are computed from their index, in key order. Nothing of them is stored. */
export class GeneratedBucket implements ListedBucket {
  readonly count: number;
  private readonly prefix: string;
  private readonly perFolder: number;
  private readonly modified: string;

  constructor(private readonly plan: GeneratedPlan) {
    this.count = plan.count;
    this.prefix = plan.prefix ?? '';
    this.perFolder = plan.perFolder ?? 10_000;
    this.modified = new Date(plan.modifiedMs ?? LONG_AGO).toISOString();
  }

  key(index: number): string {
    const folder = String(Math.floor(index / this.perFolder)).padStart(FOLDER_DIGITS, '0');
    return `${this.prefix}f${folder}/o${String(index).padStart(OBJECT_DIGITS, '0')}`;
  }

  /** Undefined for what is no key of this bucket. */
  indexOf(key: string): number | undefined {
    const index = Number(key.slice(-OBJECT_DIGITS));
    return Number.isInteger(index) && index < this.count && this.key(index) === key ? index : undefined;
  }

  firstFrom(text: string, exclusive: boolean): number {
    let low = 0;
    let high = this.count;
    while (low < high) {
      const middle = (low + high) >> 1;
      const key = this.key(middle);
      if (key < text || (exclusive && key === text)) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  entry(index: number): ListedEntry {
    return { key: this.key(index), size: this.size(index), modified: this.modified, etag: this.etag(index) };
  }

  size(index: number): number {
    const { minBytes, maxBytes = minBytes } = this.plan;
    return minBytes + ((index * 37) % (maxBytes - minBytes + 1));
  }

  get modifiedMs(): number {
    return Date.parse(this.modified);
  }

  isDenied(index: number): boolean {
    const { deniedEvery, deniedFrom = 0 } = this.plan;
    return deniedEvery !== undefined && index % deniedEvery === deniedFrom;
  }

  etag(index: number): string {
    if (this.plan.etags !== 'opaque') return this.md5(index);
    return `${index.toString(16).padStart(32, '0')}-2`;
  }

  md5(index: number): string {
    return this.hashed(createHash('md5'), index, 0, this.size(index)).digest('hex');
  }

  /** What a store answers for the whole once it came in parts of so many bytes. */
  etagInParts(index: number, partBytes: number): string {
    const whole = createHash('md5');
    const size = this.size(index);
    let parts = 0;
    for (let start = 0; start < size; start += partBytes) {
      const end = Math.min(start + partBytes, size);
      whole.update(this.hashed(createHash('md5'), index, start, end).digest());
      parts++;
    }
    return `${whole.digest('hex')}-${parts}`;
  }

  /** The bytes from `start` up to, not including, `end`, in pieces. */
  *bytes(index: number, start: number, end: number): Generator<Buffer> {
    for (let at = start; at < end;) {
      const block = Math.floor(at / BLOCK_BYTES);
      const piece = Buffer.from(BLOCK);
      piece.writeUInt32BE(index, 0);
      piece.writeUInt32BE(block, 4);
      const from = at - block * BLOCK_BYTES;
      const to = Math.min(BLOCK_BYTES, end - block * BLOCK_BYTES);
      yield piece.subarray(from, to);
      at += to - from;
    }
  }

  private hashed(hash: Hash, index: number, start: number, end: number): Hash {
    for (const piece of this.bytes(index, start, end)) hash.update(piece);
    return hash;
  }
}
