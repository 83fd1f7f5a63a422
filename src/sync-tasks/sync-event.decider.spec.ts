import { specFor } from '../../test/support/decider-spec.js';
import { CreateSyncEvent, SettleSyncEvent } from './sync-event.commands.js';
import { syncEventDecider } from './sync-event.decider.js';
import type { ObjectOutcome, SyncEventEvent } from './sync-event.events.js';

const at = '2026-01-15T08:09:10.000Z';
const given = specFor(syncEventDecider, at);
const context = { correlationId: 'r1', actor: 'worker' };
const outcomes: ObjectOutcome[] = [
  { key: 'a', outcome: 'synced', size: 3, proof: 'md5' },
  { key: 'b', outcome: 'ignored', size: 4, reason: 'UP_TO_DATE' },
];
const created: SyncEventEvent = { type: 'SyncEventCreated', data: { syncTaskId: 't', keys: ['a', 'b'], at } };
const settled: SyncEventEvent = { type: 'SyncEventSettled', data: { syncTaskId: 't', outcomes, at } };
const create = new CreateSyncEvent('t', 'e', ['a', 'b'], context);
const settle = new SettleSyncEvent('t', 'e', ['a', 'b'], outcomes, context);

describe('a sync event', () => {
  it('is created once', () => given().when(create).then(created));
  it('ignores a redelivery', () => given(created).when(create).thenNothing());
  it('ignores a redelivery after its settlement', () => given(created, settled).when(create).thenNothing());
  it('is settled with an outcome per key', () => given(created).when(settle).then(settled));
  it('is settled only once', () => given(created, settled).when(settle).thenNothing());

  it.each([
    ['a missing key', [outcomes[0]!]],
    ['an unknown key', [outcomes[0]!, { ...outcomes[1]!, key: 'c' }]],
    ['keys out of order', [outcomes[1]!, outcomes[0]!]],
    ['a key too many', [...outcomes, outcomes[0]!]],
  ])('is never settled with %s', (_what, wrong) => {
    const open = [created].reduce(syncEventDecider.evolve, syncEventDecider.initialState());
    expect(() =>
      syncEventDecider.decide(new SettleSyncEvent('t', 'e', ['a', 'b'], wrong, context), open, { now: at }),
    ).toThrow('are not those of its 2 keys');
  });

  it('is never settled before it is created', () => {
    const absent = syncEventDecider.initialState();
    expect(() => syncEventDecider.decide(settle, absent, { now: at })).toThrow('before it was created');
  });
});
