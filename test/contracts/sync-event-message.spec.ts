import { readFileSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { decodeSyncEvent, encodeSyncEvent, NotDecodable } from '../../src/sync-tasks/sync-event-message.js';

const message = (body: string | Buffer, headers: Record<string, string> = {}) => ({
  id: 'message-1',
  headers,
  body: Buffer.from(body),
});

describe('a sync event message', () => {
  it('has the fields of its public contract', () => {
    const proto = readFileSync(path.resolve(import.meta.dirname, '../../proto/openoms/v1/sync_event.proto'), 'utf8');
    const fields = [...proto.matchAll(/^ {2}(?:repeated )?string (\w+) = \d+;/gm)].map(([, name]) => name);
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

  it("takes the message's id for the event's when the body names none", () => {
    const decoded = decodeSyncEvent(message('{"sync_task_id":"t","object_keys":["a%20b"]}'));
    expect(decoded).toEqual({ syncEventId: 'message-1', syncTaskId: 't', keys: ['a b'], correlationId: 'message-1' });
  });

  it.each([
    ['no JSON', 'hello'],
    ['bytes that are not UTF-8', Buffer.from([0x7b, 0xff, 0x7d])],
    ['an array', '[]'],
    ['null', 'null'],
    ['no task', '{"object_keys":["a"]}'],
    ['a task that is a number', '{"sync_task_id":1,"object_keys":["a"]}'],
    ['no keys', '{"sync_task_id":"t"}'],
    ['an empty list of keys', '{"sync_task_id":"t","object_keys":[]}'],
    ['a key that is a number', '{"sync_task_id":"t","object_keys":[1]}'],
    ['101 keys', JSON.stringify({ sync_task_id: 't', object_keys: Array.from({ length: 101 }, (_, n) => `k${n}`) })],
    ['a bad escape', '{"sync_task_id":"t","object_keys":["a%2"]}'],
    ['an empty event id', '{"sync_event_id":"","sync_task_id":"t","object_keys":["a"]}'],
  ])('is refused with %s', (_what, body) => {
    expect(() => decodeSyncEvent(message(body))).toThrow(NotDecodable);
  });
});
