import fc from 'fast-check';
import { combineCrc64, Crc64 } from './crc64.js';

const crc64 = (data: Uint8Array): string => new Crc64().update(data).digest();

/** One bit at a time, straight from the definition. */
function slowCrc64(data: Uint8Array): string {
  let crc = 0xffffffffffffffffn;
  for (const byte of data) {
    crc ^= BigInt(byte);
    for (let bit = 0; bit < 8; bit++) crc = crc & 1n ? (crc >> 1n) ^ 0xc96c5795d7870f42n : crc >> 1n;
  }
  return (crc ^ 0xffffffffffffffffn).toString();
}

describe('CRC-64/XZ', () => {
  it('has its check value', () => {
    expect(BigInt(crc64(Buffer.from('123456789'))).toString(16)).toBe('995dc9bbdf1939fa');
  });

  it('is 0 for nothing', () => {
    expect(crc64(Buffer.alloc(0))).toBe('0');
  });

  it('agrees with the definition, wherever the data is cut', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.nat(200), (data, cut) => {
        const pieces = new Crc64().update(data.subarray(0, cut)).update(data.subarray(cut));
        expect(pieces.digest()).toBe(slowCrc64(data));
      }),
    );
  });

  it('is put together from those of two pieces', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), fc.uint8Array({ maxLength: 300 }), (first, second) => {
        const whole = crc64(Buffer.concat([first, second]));
        expect(combineCrc64(crc64(first), crc64(second), second.length)).toBe(whole);
      }),
    );
  });
});
