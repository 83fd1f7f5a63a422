import { readPartPage } from './part-reader.js';

const part = (partNumber: number | string, size: number | string = 5, etag = '&quot;abc&quot;'): string =>
  `<Part><PartNumber>${partNumber}</PartNumber><LastModified>2026-01-02T03:04:05.000Z</LastModified>` +
  `<ETag>${etag}</ETag><Size>${size}</Size></Part>`;
const answer = (parts: string, truncated = false): string =>
  `<ListPartsResult><NextPartNumberMarker>999</NextPartNumberMarker><IsTruncated>${truncated}</IsTruncated>` +
  `<Owner><ID>1</ID></Owner>${parts}</ListPartsResult>`;
const malformed = expect.objectContaining({ name: 'StoreError', backendCode: 'MalformedListing' }) as unknown;

describe('a page of the list of parts', () => {
  it('tells number, size and bare ETag', () => {
    expect(readPartPage(answer(part(1) + part(7, 0, '"de"')), 0)).toEqual({
      parts: [
        { partNumber: 1, size: 5, etag: 'abc' },
        { partNumber: 7, size: 0, etag: 'de' },
      ],
      nextMarker: undefined,
    });
  });

  it('may have another root', () => {
    const other = answer(part(1)).replaceAll('ListPartsResult', 'ListPartsOutput');
    expect(readPartPage(`<?xml version="1.0"?>\n${other}\n`, 0).parts).toHaveLength(1);
  });

  it('goes on after its own last part, whatever marker the answer names', () => {
    expect(readPartPage(answer(part(2) + part(3), true), 1).nextMarker).toBe(3);
  });

  it.each([
    ['cut short', '<ListPartsResult><Part>'],
    ['of another kind', '<html><body>hello</body></html>'],
    ['truncated without a part', answer('', true)],
    ['with parts that were given before', answer(part(4))],
    ['with a part without a number', answer(part('x'))],
    ['with a part without a size', answer(part(5, ''))],
    ['with a part without an ETag', answer(part(5, 5, ''))],
  ])('is refused %s', (_, xml) => {
    let thrown: unknown;
    try {
      readPartPage(xml, 4);
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toEqual(malformed);
  });
});
