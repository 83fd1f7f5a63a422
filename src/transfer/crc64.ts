/** Reflected ECMA-182 polynomial of CRC-64/XZ. */
const POLYNOMIAL = 0xc96c5795d7870f42n;
const ONES = 0xffffffffffffffffn;
const SLICES = 8;

/** Tables for eight bytes at a time; each entry in two 32-bit halves, since BigInt is far too slow per byte. */
function buildTables(): { low: Int32Array; high: Int32Array } {
  const low = new Int32Array(SLICES * 256);
  const high = new Int32Array(SLICES * 256);
  const first = Array.from({ length: 256 }, (_, byte) => {
    let crc = BigInt(byte);
    for (let bit = 0; bit < 8; bit++) crc = crc & 1n ? (crc >> 1n) ^ POLYNOMIAL : crc >> 1n;
    return crc;
  });
  for (let byte = 0; byte < 256; byte++) {
    let crc = BigInt(byte);
    for (let slice = 0; slice < SLICES; slice++) {
      crc = (crc >> 8n) ^ (first[Number(crc & 0xffn)] ?? 0n);
      low[slice * 256 + byte] = Number(BigInt.asIntN(32, crc));
      high[slice * 256 + byte] = Number(BigInt.asIntN(32, crc >> 32n));
    }
  }
  return { low, high };
}

const tables = buildTables();

/** CRC-64/XZ, as the object stores report it: an unsigned decimal string. */
export class Crc64 {
  private low = -1;
  private high = -1;

  update(data: Uint8Array): this {
    const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
    const whole = data.byteLength - (data.byteLength % SLICES);
    for (let at = 0; at < whole; at += SLICES) this.eat8(view.getInt32(at, true), view.getInt32(at + 4, true));
    for (let at = whole; at < data.byteLength; at++) this.eat1(view.getUint8(at));
    return this;
  }

  digest(): string {
    return ((BigInt(~this.high >>> 0) << 32n) | BigInt(~this.low >>> 0)).toString();
  }

  private eat8(first: number, second: number): void {
    const { low, high } = tables;
    const a = this.low ^ first;
    const b = this.high ^ second;
    const i7 = 1792 + (a & 255);
    const i6 = 1536 + ((a >>> 8) & 255);
    const i5 = 1280 + ((a >>> 16) & 255);
    const i4 = 1024 + (a >>> 24);
    const i3 = 768 + (b & 255);
    const i2 = 512 + ((b >>> 8) & 255);
    const i1 = 256 + ((b >>> 16) & 255);
    const i0 = b >>> 24;
    this.low = xor8(low, i7, i6, i5, i4, i3, i2, i1, i0);
    this.high = xor8(high, i7, i6, i5, i4, i3, i2, i1, i0);
  }

  private eat1(byte: number): void {
    const index = (this.low ^ byte) & 255;
    const low = (this.low >>> 8) | (this.high << 24);
    this.low = low ^ entry(tables.low, index);
    this.high = (this.high >>> 8) ^ entry(tables.high, index);
  }
}

const entry = (table: Int32Array, index: number): number => table[index] ?? 0;

const xor8 = (
  table: Int32Array,
  a: number,
  b: number,
  c: number,
  d: number,
  e: number,
  f: number,
  g: number,
  h: number,
): number =>
  entry(table, a) ^
  entry(table, b) ^
  entry(table, c) ^
  entry(table, d) ^
  entry(table, e) ^
  entry(table, f) ^
  entry(table, g) ^
  entry(table, h);

/** Product of two polynomials modulo the CRC's, both reflected: bit 63 is the constant term. */
function multiply(a: bigint, b: bigint): bigint {
  let product = 0n;
  let shifted = b;
  for (let bit = 63n; bit >= 0n; bit--) {
    if ((a >> bit) & 1n) product ^= shifted;
    shifted = shifted & 1n ? (shifted >> 1n) ^ POLYNOMIAL : shifted >> 1n;
  }
  return product;
}

/** The CRC of two pieces put together, from the CRC of each and the length of the second in bytes. */
export function combineCrc64(first: string, second: string, secondBytes: number): string {
  let power = 1n << 55n; // x^8: one byte of zeros
  let shift = 1n << 63n; // x^0
  for (let bytes = BigInt(secondBytes); bytes > 0n; bytes >>= 1n) {
    if (bytes & 1n) shift = multiply(shift, power);
    power = multiply(power, power);
  }
  return ((multiply(BigInt(first), shift) ^ BigInt(second)) & ONES).toString();
}
