import fc from 'fast-check';
import { decodeMetadataValue, encodeMetadataValue } from './header-values.js';

describe('user metadata values', () => {
  it('survive whatever they hold, in bytes that no header can be injected with', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.string({ unit: 'binary' }).filter((text) => !/\p{Surrogate}/u.test(text)),
        ),
        (value) => {
          const sent = encodeMetadataValue(value);
          expect(sent).toMatch(/^[\x20-\x7e]*$/);
          expect(sent.trim()).toBe(sent);
          expect(decodeMetadataValue(sent)).toBe(value);
        },
      ),
    );
  });

  it.each([
    ['plain; a=b', 'plain; a=b'],
    ['é', '=?UTF-8?B?w6k=?='],
    ['a\r\nx-evil: 1', '=?UTF-8?B?YQ0KeC1ldmlsOiAx?='],
    ['=?UTF-8?B?w6k=?=', '=?UTF-8?B?PT9VVEYtOD9CP3c2az0/PQ==?='],
  ])('%j goes out as %j', (value, sent) => expect(encodeMetadataValue(value)).toBe(sent));

  it.each([
    ['=?UTF-8?Q?caf=C3=A9_x?=', 'café x'],
    ['=?utf-8?b?w6k=?= =?UTF-8?B?w6k=?=', 'éé'],
    ['=?ISO-8859-1?Q?=E9?=', 'é'],
    ['=?KOI8-R?B?w6k=?=', '=?KOI8-R?B?w6k=?='],
    ['a =? b', 'a =? b'],
  ])('%j reads as %j', (received, value) => expect(decodeMetadataValue(received)).toBe(value));
});
