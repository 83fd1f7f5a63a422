import { createHash, createHmac } from 'node:crypto';
import fc from 'fast-check';
import { TailHmac } from './tail-hmac.js';

const hexOf = (text: string): string => createHash('sha256').update(text).digest('hex');

describe('an HMAC with a tail', () => {
  it('is the HMAC of the whole message, for keys and beginnings of any length and any number of messages', () => {
    const key = fc.uint8Array({ maxLength: 200 });
    const beginning = fc.string({ unit: 'binary-ascii', maxLength: 300 });
    fc.assert(
      fc.property(key, beginning, fc.array(fc.string(), { minLength: 1 }), (bytes, text, tails) => {
        const hmac = new TailHmac(Buffer.from(bytes), text);
        for (const tail of tails.map(hexOf))
          expect(hmac.hex(tail)).toBe(
            createHmac('sha256', bytes)
              .update(text + tail)
              .digest('hex'),
          );
      }),
    );
  });

  it('takes keys around the length of a block, and text in UTF-8', () => {
    for (const length of [0, 1, 32, 63, 64, 65, 128]) {
      const key = Buffer.alloc(length, 0xa5);
      const tail = hexOf(String(length));
      const expected = createHmac('sha256', key).update(`é世${tail}`, 'utf8').digest('hex');
      expect(new TailHmac(key, 'é世').hex(tail)).toBe(expected);
    }
  });
});
