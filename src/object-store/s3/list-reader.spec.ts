import fc from 'fast-check';
import { parseListTime, readListPage } from './list-reader.js';
import { comesBefore } from '../../kernel/key-order.js';
import { compareKeys } from '../object-store.port.js';

const page = (inside: string) =>
  `<?xml version="1.0" encoding="UTF-8"?>\n<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">${inside}</ListBucketResult>`;
const escape = (text: string) =>
  text.replace(/[&<>"]|[^\x20-\ud7ff\ue000-\u{10ffff}]/gu, (each) => `&#${each.codePointAt(0) ?? 0};`);
const contents = (name: string) =>
  `<Contents><Key>${name}</Key><LastModified>2026-01-02T03:04:05.678Z</LastModified><ETag>&quot;abc-2&quot;</ETag>` +
  '<Size>42</Size><Owner><ID>1</ID><DisplayName/></Owner><StorageClass>GLACIER</StorageClass></Contents>';
const object = (key: string) => ({
  key,
  size: 42,
  lastModifiedMs: Date.UTC(2026, 0, 2, 3, 4, 5, 678),
  etag: 'abc-2',
  storageClass: 'GLACIER',
});
const names = fc.array(
  fc.string({ unit: 'binary', minLength: 1 }).filter((text) => !/\p{Surrogate}/u.test(text)),
  { maxLength: 20 },
);
const caught = (action: () => unknown): unknown => {
  try {
    return action();
  } catch (error) {
    return error;
  }
};
const URL_ENCODING = '<EncodingType>url</EncodingType><IsTruncated>false</IsTruncated>';

describe('a listing page', () => {
  it.each([
    ['form-encoded', (key: string) => encodeURIComponent(key).replaceAll('%20', '+').replaceAll('%2F', '/')],
    ['percent-encoded', (key: string) => encodeURIComponent(key)],
  ])('gives the keys byte for byte when they come %s', (_how, encode) => {
    fc.assert(
      fc.property(names, (keys) => {
        const xml = page(URL_ENCODING + keys.map((key) => contents(escape(encode(key)))).join(''));
        expect(readListPage(xml).objects).toEqual(keys.map(object));
      }),
    );
  });

  it('gives the keys byte for byte when they come as plain XML, a plus and a percent sign too', () => {
    fc.assert(
      fc.property(names, (keys) => {
        const xml = page(
          keys
            .concat('a+b%20c')
            .map((key) => contents(escape(key)))
            .join(''),
        );
        expect(readListPage(xml).objects).toEqual(keys.concat('a+b%20c').map(object));
      }),
    );
  });

  it('reads where to go on, before or after the objects', () => {
    const tail = '<IsTruncated>true</IsTruncated><NextContinuationToken>a&amp;b==</NextContinuationToken>';
    const expected = { isTruncated: true, nextToken: 'a&b==', nextMarker: undefined };
    expect(readListPage(page(tail + contents('k')))).toMatchObject(expected);
    expect(readListPage(page(contents('k') + tail))).toMatchObject(expected);
  });

  it('is not misled by a key that looks like markup', () => {
    const key = '</Key><Size>1</Size><IsTruncated>true</IsTruncated>';
    const read = readListPage(page(`<IsTruncated>false</IsTruncated>${contents(escape(key))}`));
    expect(read).toMatchObject({ objects: [object(key)], isTruncated: false });
  });

  it.each([
    ['a body that is cut short', page(contents('k')).slice(0, -60)],
    ['a body cut after an object', page(contents('k')).replace('</ListBucketResult>', '')],
    ['another document', '<html></html>'],
    ['an object without a key', page(contents(''))],
    ['an object without a size', page(contents('k').replace('42', ''))],
    ['an object with a negative size', page(contents('k').replace('42', '-1'))],
    ['an object without a time', page(contents('k').replace(/2026[^<]*/, ''))],
    ['a name that is not UTF-8', page(URL_ENCODING + contents('%ff'))],
  ])('refuses %s', (_what, xml) =>
    expect(caught(() => readListPage(xml))).toMatchObject({ name: 'StoreError', kind: 'unavailable' }),
  );
});

describe('the time of a listing', () => {
  it('is read as Date.parse reads it', () =>
    fc.assert(
      fc.property(fc.date({ min: new Date(0), max: new Date('9999-01-01'), noInvalidDate: true }), (date) => {
        expect(parseListTime(date.toISOString())).toBe(date.getTime());
      }),
    ));

  it.each(['2026-01-02T03:04:05Z', 'Fri, 02 Jan 2026 03:04:05 GMT'])('may come as %s', (text) =>
    expect(parseListTime(text)).toBe(Date.UTC(2026, 0, 2, 3, 4, 5)),
  );
});

describe('the order of keys', () => {
  const text = fc.string({ unit: 'binary', maxLength: 6 }).filter((each) => !/\p{Surrogate}/u.test(each));
  it('is that of their UTF-8 bytes', () =>
    fc.assert(
      fc.property(fc.tuple(text, text, fc.constantFrom('', '\uffff', '😀', '\ue000')), ([a, b, tail]) => {
        expect(comesBefore(a + tail, b)).toBe(compareKeys(a + tail, b) < 0);
        expect(comesBefore(a + tail, a + b)).toBe(compareKeys(a + tail, a + b) < 0);
      }),
    ));
});
