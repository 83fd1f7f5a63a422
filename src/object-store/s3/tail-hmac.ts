import { hash } from 'node:crypto';

const BLOCK_BYTES = 64;
const INNER_PAD = 0x36;
const OUTER_PAD = 0x5c;

const padded = (key: Buffer, pad: number, room: number): Buffer => {
  const block = Buffer.alloc(BLOCK_BYTES + room, 0);
  key.copy(block);
  for (let at = 0; at < BLOCK_BYTES; at++) block.writeUInt8(block.readUInt8(at) ^ pad, at);
  return block;
};

/**
 * HMAC-SHA-256 of messages that begin with the same text and end in another SHA-256 in hex, as what SigV4 signs does. Both
 * rounds are one-shot hashes over bytes that stay in place: half the time of an `Hmac`, and next to no garbage.
 */
export class TailHmac {
  private readonly inner: Buffer;
  private readonly outer: Buffer;
  private readonly tailAt: number;

  constructor(key: Buffer, beginning: string) {
    const short = key.length > BLOCK_BYTES ? hash('sha256', key, 'buffer') : key;
    const text = Buffer.from(beginning, 'utf8');
    this.tailAt = BLOCK_BYTES + text.length;
    this.inner = padded(short, INNER_PAD, text.length + 64);
    text.copy(this.inner, BLOCK_BYTES);
    this.outer = padded(short, OUTER_PAD, 32);
  }

  /** In hex; `tail` is the 64 characters in which the message ends. */
  hex(tail: string): string {
    this.inner.write(tail, this.tailAt, 'latin1');
    this.outer.write(hash('sha256', this.inner, 'binary'), BLOCK_BYTES, 'latin1');
    return hash('sha256', this.outer, 'hex');
  }
}
