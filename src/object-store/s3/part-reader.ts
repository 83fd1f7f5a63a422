import { StoreError, type ListedPart } from '../object-store.port.js';
import { bareEtag } from './list-reader.js';
import { textOf } from './xml.js';

const malformed = (what: string): StoreError =>
  new StoreError('unavailable', `The list of parts is malformed: ${what}`, { backendCode: 'MalformedListing' });

/** One page of the answer to ListParts, whose parts must all come after `marker`, so that paging comes to an end. */
export function readPartPage(
  xml: string,
  marker: number,
): { readonly parts: readonly ListedPart[]; readonly nextMarker: number | undefined } {
  if (!isWhole(xml)) throw malformed('it is cut off');
  const parts: ListedPart[] = [];
  let last = marker;
  for (const block of xml.split('<Part>').slice(1)) {
    const part = readPart(block);
    if (part.partNumber <= last) throw malformed('its parts go backwards or repeat');
    last = part.partNumber;
    parts.push(part);
  }
  if (textOf(xml, 'IsTruncated')?.trim() !== 'true') return { parts, nextMarker: undefined };
  if (parts.length === 0) throw malformed('it is truncated and has no parts');
  return { parts, nextMarker: last };
}

/** Clouds have names of their own for the root; what counts is that it is closed and says whether more follows. */
function isWhole(xml: string): boolean {
  const root = /<([A-Za-z][\w.-]*)[\s>]/.exec(xml)?.[1];
  return root !== undefined && xml.trimEnd().endsWith(`</${root}>`) && textOf(xml, 'IsTruncated') !== undefined;
}

function readPart(block: string): ListedPart {
  const etag = bareEtag(textOf(block, 'ETag') ?? '');
  const [partNumber, size] = [numberOf(block, 'PartNumber'), numberOf(block, 'Size')];
  if (etag === '') throw malformed('a part without an ETag');
  return { partNumber, size, etag };
}

function numberOf(block: string, name: string): number {
  const text = textOf(block, name) ?? '';
  if (!/^\d{1,16}$/.test(text)) throw malformed(`a part without a ${name}`);
  return Number(text);
}
