import { readFileSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { decodeSyncEvent, encodeSyncEvent, NotDecodable } from '../../src/sync-tasks/sync-event-message.js';
import { syncEventBytes } from '../support/public-messages.js';

type Headers = Record<string, string>;
const message = (body: string | Buffer, headers: Headers = {}) => ({
  id: 'message-1',
  headers,
  body: Buffer.from(body),
});
const PROTOBUF = { 'content-type': 'application/x-protobuf' };

interface Fields {
  readonly sync_event_id?: string;
  readonly sync_task_id?: string;
  readonly object_keys?: readonly string[];
}
/** Both forms of the same message. */
const FORMS = {
  json: (fields: Fields, headers: Headers = {}) => message(JSON.stringify(fields), headers),
  protobuf: ({ sync_event_id, sync_task_id, object_keys }: Fields, headers: Headers = {}) =>
    message(
      syncEventBytes({
        ...(sync_event_id === undefined ? {} : { syncEventId: sync_event_id }),
        syncTaskId: sync_task_id ?? '',
        objectKeys: object_keys ?? [],
      }),
      { ...PROTOBUF, ...headers },
    ),
};
const decodedBy = (form: keyof typeof FORMS, fields: Fields, headers?: Headers) =>
  decodeSyncEvent(FORMS[form](fields, headers));
/** What a refusal says. */
const refusal = (decode: () => unknown): string => {
  try {
    decode();
  } catch (error) {
    if (error instanceof NotDecodable) return error.message;
    throw error;
  }
  throw new Error('It was not refused');
};

const valid = { sync_task_id: 't', object_keys: ['a'] };
const bytes = fc.uint8Array({ maxLength: 400 }).map((array) => Buffer.from(array));

describe('a sync event message', () => {
  it('has the fields of its public contract', () => {
    const proto = readFileSync(path.resolve(import.meta.dirname, '../../proto/openoms/v1/sync_event.proto'), 'utf8');
    const fields = [...proto.matchAll(/^ {2}(?:repeated |optional )?string (\w+) = \d+;/gm)].map(([, name]) => name);
    const encoded = encodeSyncEvent({ syncEventId: 'e', syncTaskId: 't', keys: ['a'], correlationId: 'c' });
    expect(Object.keys(JSON.parse(encoded.body.toString()) as object)).toEqual(fields);
  });

  it('comes back as it was sent, whatever the keys', () => {
    const key = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 100 });
    fc.assert(
      fc.property(fc.uniqueArray(key, { minLength: 1, maxLength: 100 }), (keys) => {
        const request = { syncEventId: 'e', syncTaskId: 't', keys, correlationId: 'c', projectId: 'p' };
        expect(decodeSyncEvent(encodeSyncEvent(request))).toEqual(request);
      }),
    );
  });

  it('means the same in both forms, whatever it holds', () => {
    const text = fc.string({ unit: 'binary', maxLength: 300 }).filter((some) => !/\p{Surrogate}/u.test(some));
    const encoded = fc.oneof(text, fc.webPath(), fc.constantFrom('%41', '%F0%9F%8D%95', '%', '%ff', '+'));
    const fields = fc.record(
      {
        sync_event_id: text,
        sync_task_id: fc.oneof(text, fc.constant('t')),
        object_keys: fc.array(encoded, { maxLength: 105 }),
      },
      { requiredKeys: ['sync_task_id', 'object_keys'] },
    );
    const answer = (form: keyof typeof FORMS, some: Fields) => {
      try {
        return decodedBy(form, some);
      } catch (error) {
        return error;
      }
    };
    fc.assert(fc.property(fields, (some) => expect(answer('protobuf', some)).toEqual(answer('json', some))));
  });

  it.each(['json', 'protobuf'] as const)("as %s takes the message's id for the event's when it names none", (form) => {
    const decoded = decodedBy(form, { sync_task_id: 't', object_keys: ['a%20b', 'a b', '\uFEFFa'] });
    const keys = ['a b', '\uFEFFa'];
    expect(decoded).toEqual({ syncEventId: 'message-1', syncTaskId: 't', keys, correlationId: 'message-1' });
  });

  it('takes null for an event id that is left out', () => {
    const decoded = decodeSyncEvent(message('{"sync_event_id":null,"sync_task_id":"t","object_keys":["a"]}'));
    expect(decoded.syncEventId).toBe('message-1');
  });

  it('takes project and correlation from headers, however they are spelled', () => {
    const headers = { 'Project-Id': 'p', 'CORRELATION-ID': 'c' };
    expect(decodedBy('json', valid, headers)).toMatchObject({ projectId: 'p', correlationId: 'c' });
  });

  it.each([
    ['nothing in it', ''],
    ['two lines', 'two\nlines'],
    ['256 characters', 'x'.repeat(256)],
  ])('does without a correlation id of %s', (_what, correlation) => {
    expect(decodedBy('json', valid, { 'correlation-id': correlation }).correlationId).toBe('message-1');
  });
});

describe('the content type of a sync event message', () => {
  it.each([undefined, 'application/json', 'Application/JSON; charset=utf-8', ' application/json ;x'])(
    '%j is JSON',
    (type) => {
      const headers: Headers = type === undefined ? {} : { 'content-type': type };
      expect(decodeSyncEvent(message(JSON.stringify(valid), headers)).keys).toEqual(['a']);
    },
  );

  it.each(['application/x-protobuf', 'application/protobuf', 'APPLICATION/X-PROTOBUF;proto=openoms.v1.SyncEvent'])(
    '%j is Protobuf',
    (type) => expect(decodedBy('protobuf', valid, { 'content-type': type }).keys).toEqual(['a']),
  );

  it.each(['Content-Type', 'CONTENT-TYPE'])('may be in a header named %s', (name) => {
    const body = FORMS.protobuf(valid).body;
    expect(decodeSyncEvent(message(body, { [name]: 'application/protobuf' })).keys).toEqual(['a']);
  });

  it.each([
    ['nothing', ''],
    ['text/plain', 'text/plain'],
    ['an extension of JSON', 'application/json+x'],
    ['5,000 characters', 'y'.repeat(5000)],
  ])('is refused when it is %s', (_what, type) => {
    const said = refusal(() => decodeSyncEvent(message(JSON.stringify(valid), { 'content-type': type })));
    expect(said).toMatch(/^The content type ".{0,100}" is none of application\/json, application\/x-protobuf/);
  });
});

describe('a sync event message is refused', () => {
  it.each<[string, string | Buffer]>([
    ['no JSON', 'hello'],
    ['bytes that are not UTF-8', Buffer.from([0x7b, 0xff, 0x7d])],
    ['an array', '[]'],
    ['null', 'null'],
    ['a task that is a number', '{"sync_task_id":1,"object_keys":["a"]}'],
    ['no keys', '{"sync_task_id":"t"}'],
    ['a key that is a number', '{"sync_task_id":"t","object_keys":[1]}'],
  ])('as JSON, with %s', (_what, body) => {
    expect(() => decodeSyncEvent(message(body))).toThrow(NotDecodable);
  });

  it.each<[string, Buffer]>([
    ['JSON inside', Buffer.from(JSON.stringify(valid))],
    ['a field cut short', FORMS.protobuf(valid).body.subarray(0, -1)],
    ['a key that is not UTF-8', Buffer.from([0x12, 0x01, 0x74, 0x1a, 0x01, 0xff])],
    ['another wire type', Buffer.from([0x10, 0x01])],
  ])('as Protobuf, with %s', (_what, body) => {
    expect(refusal(() => decodeSyncEvent(message(body, PROTOBUF)))).toContain('not an openoms.v1.SyncEvent');
  });

  const idRefusal = (field: string) => `${field} must be a string of 1 to 255 characters`;
  const charRefusal = (field: string) => `${field} must not hold control characters, line breaks or lone surrogates`;
  const keysRefusal = 'object_keys must be an array of 1 to 100 strings';
  const hundredAndOne = Array.from({ length: 101 }, (_, n) => `k${n}`);
  it.each<[string, Fields, string]>([
    ['no task', { object_keys: ['a'] }, idRefusal('sync_task_id')],
    ['an empty event id', { ...valid, sync_event_id: '' }, idRefusal('sync_event_id')],
    ['a long event id', { ...valid, sync_event_id: 'é'.repeat(256) }, idRefusal('sync_event_id')],
    ['a NUL in the event id', { ...valid, sync_event_id: 'a\0' }, charRefusal('sync_event_id')],
    ['a line break in the task id', { ...valid, sync_task_id: 'a\u2028' }, charRefusal('sync_task_id')],
    ['no keys', { ...valid, object_keys: [] }, keysRefusal],
    ['101 keys', { ...valid, object_keys: hundredAndOne }, keysRefusal],
    ['a bad escape', { ...valid, object_keys: ['a', 'a%2'] }, 'object_keys[1] holds a "%"'],
    ['an escape that is not UTF-8', { ...valid, object_keys: ['%ff'] }, 'object_keys[0] decodes to bytes that are not'],
    ['a long key', { ...valid, object_keys: ['x'.repeat(1025)] }, 'must be 1 to 1024 bytes after decoding, not 1025'],
  ])('in both forms, with %s', (_what, fields, said) => {
    for (const form of ['json', 'protobuf'] as const) expect(refusal(() => decodedBy(form, fields))).toContain(said);
  });

  it('with a lone surrogate in an id, which only JSON can spell', () => {
    const body = '{"sync_event_id":"\\ud800","sync_task_id":"t","object_keys":["a"]}';
    expect(refusal(() => decodeSyncEvent(message(body)))).toBe(charRefusal('sync_event_id'));
  });

  it.each([{}, PROTOBUF, { 'content-type': 'text/plain' }])(
    'when it is larger than 1 MiB, with headers %j',
    (headers) => {
      const said = refusal(() => decodeSyncEvent(message(Buffer.alloc(1_048_577, ' '), headers)));
      expect(said).toBe('The message is too large: 1048577 bytes, at most 1048576');
    },
  );

  it('and never fails in another way, whatever the bytes', () => {
    const type = fc.constantFrom('application/json', 'application/protobuf', 'application/x-protobuf;v=1');
    const valids = [FORMS.json(valid).body, FORMS.protobuf({ ...valid, sync_event_id: 'e' }).body];
    const damaged = fc.tuple(fc.constantFrom(...valids), fc.nat(), bytes).map(([whole, at, some]) => {
      const cut = at % (whole.length + 1);
      return Buffer.concat([whole.subarray(0, cut), some, whole.subarray(cut)]);
    });
    const property = fc.property(type, fc.oneof(bytes, damaged), (contentType, body) => {
      try {
        const { syncTaskId, keys } = decodeSyncEvent(message(body, { 'content-type': contentType }));
        expect([syncTaskId.length > 0, keys.length > 0]).toEqual([true, true]);
      } catch (error) {
        expect(error).toBeInstanceOf(NotDecodable);
      }
    });
    fc.assert(property, { numRuns: 2000 });
  });
});
