import type { ByteRange, MultipartUploads } from '../object-store/object-store.port.js';

const MIB = 1024 * 1024;

export interface Part {
  /** From 1. */
  readonly partNumber: number;
  readonly range: ByteRange;
}

/** The size of parts: as large as asked for, within what the destination takes. */
export const partStep = (partBytes: number, { minPartBytes, maxPartBytes }: MultipartUploads): number =>
  Math.min(Math.max(partBytes, minPartBytes), maxPartBytes);

/** The size of the parts of an object: larger than asked for when there would be too many. */
export function partBytesFor(size: number, partBytes: number, uploads: MultipartUploads): number {
  const fewEnough = Math.ceil(size / uploads.maxParts);
  return partStep(fewEnough > partBytes ? Math.ceil(fewEnough / MIB) * MIB : partBytes, uploads);
}

/** Cuts an object into parts of `step` bytes. */
export const planParts = (size: number, step: number): readonly Part[] =>
  Array.from({ length: Math.max(1, Math.ceil(size / step)) }, (_, index) => ({
    partNumber: index + 1,
    range: { start: index * step, end: Math.min(size, (index + 1) * step) - 1 },
  }));

export const bytesOf = ({ range }: Part): number => range.end - range.start + 1;
