import { type Comparable, compare, type OverwriteMode } from './compare.js';

const at = (lastModifiedMs: number, more: Partial<Comparable> = {}): Comparable => ({
  size: 1,
  lastModifiedMs,
  ...more,
});
const bySizeAndTime = 'SIZE_LAST_MODIFIED_COMPARISON_OVERWRITE';
const copied = (mode: OverwriteMode, source: Comparable, destination: Comparable): boolean =>
  compare(mode, source, destination).copy;

describe('by size and time', () => {
  it.each<[string, Comparable, Comparable, boolean]>([
    ['another size', at(1000, { size: 2 }), at(9000), true],
    ['a source that is later', at(3000), at(2000), true],
    ['a destination that is later', at(2000), at(3000), false],
    ['the same time', at(2000), at(2000), false],
    ['a source later by a fraction where both have fractions', at(2002), at(2001), true],
    ['a source later by a fraction where the destination has none', at(2999), at(2000), false],
    ['a source later by a second where one has no fraction', at(3000), at(2999), true],
    ['the same second and the same MD5', at(2000, { md5: 'a' }), at(2500, { md5: 'a' }), false],
    ['the same second and another MD5', at(2000, { md5: 'a' }), at(2500, { md5: 'b' }), true],
    ['a later destination with another MD5', at(2000, { md5: 'a' }), at(3000, { md5: 'b' }), false],
  ])('%s', (_, source, destination, expected) => {
    expect(copied(bySizeAndTime, source, destination)).toBe(expected);
  });
});

describe('the other modes', () => {
  it('NO_OVERWRITE leaves what exists', () => {
    expect(compare('NO_OVERWRITE', at(9000, { size: 2 }), at(1000))).toEqual({ copy: false, reason: 'ALREADY_EXISTS' });
  });

  it('FULL_OVERWRITE copies always', () => {
    expect(copied('FULL_OVERWRITE', at(1000), at(9000))).toBe(true);
  });

  it('CRC64_COMPARISON_OVERWRITE goes by the content', () => {
    const mode = 'CRC64_COMPARISON_OVERWRITE';
    expect(compare(mode, at(9000, { crc64: '5' }), at(1000, { crc64: '5' }))).toEqual({
      copy: false,
      reason: 'SAME_CRC64',
    });
    expect(copied(mode, at(1000, { crc64: '5' }), at(9000, { crc64: '6' }))).toBe(true);
  });

  it('CRC64_COMPARISON_OVERWRITE goes by size and time where a side has no CRC-64', () => {
    expect(copied('CRC64_COMPARISON_OVERWRITE', at(9000, { crc64: '5' }), at(1000))).toBe(true);
    expect(copied('CRC64_COMPARISON_OVERWRITE', at(1000), at(9000, { crc64: '5' }))).toBe(false);
  });
});
