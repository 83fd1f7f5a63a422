import { StoreError } from '../object-store.port.js';

/** Where unfinished files are, at the top of every bucket; never listed and no key. */
export const WORK_FOLDER = '.openoms-tmp';

const MAX_SEGMENT_BYTES = 255;
const MAX_KEY_BYTES = 4095;
const LONE_SURROGATE = /\p{Surrogate}/u;

const flawOf = (segment: string): string | undefined => {
  if (segment === '') return 'has an empty segment';
  if (segment === '.' || segment === '..') return `has the segment "${segment}"`;
  if (Buffer.byteLength(segment) > MAX_SEGMENT_BYTES) return `has a segment of more than ${MAX_SEGMENT_BYTES} bytes`;
  return undefined;
};

/** The file-system names a key stands for. A key that is no relative path is refused, never mended. */
export function segmentsOf(key: string): readonly [string, ...string[]] {
  const segments = key.split('/');
  const [first = '', ...rest] = segments;
  const flaw = key.includes('\0')
    ? 'holds a NUL'
    : LONE_SURROGATE.test(key)
      ? 'is not valid Unicode'
      : first === WORK_FOLDER
        ? `is reserved (${WORK_FOLDER})`
        : Buffer.byteLength(key) > MAX_KEY_BYTES
          ? `has more than ${MAX_KEY_BYTES} bytes`
          : segments.map(flawOf).find((each) => each !== undefined);
  if (flaw !== undefined)
    throw new StoreError('invalid', `The key ${JSON.stringify(key.slice(0, 200))} ${flaw}: it cannot be a file name`);
  return [first, ...rest];
}
