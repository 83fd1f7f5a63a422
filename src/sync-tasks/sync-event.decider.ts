import { assertNever } from '../kernel/assert-never.js';
import type { Decider } from '../kernel/decider.js';
import type { SettleSyncEvent, SyncEventCommand } from './sync-event.commands.js';
import type { SyncEventEvent } from './sync-event.events.js';

export type SyncEvent =
  | { readonly status: 'absent' }
  | { readonly status: 'open'; readonly syncTaskId: string; readonly keys: readonly string[] }
  | { readonly status: 'settled'; readonly syncTaskId: string; readonly keys: readonly string[] };

/** Created at revision 0, settled at revision 1, nothing else: the expected revision makes "exactly once". */
export const syncEventDecider: Decider<SyncEvent, SyncEventCommand, SyncEventEvent> = {
  initialState: () => ({ status: 'absent' }),

  evolve: (_event, recorded) => {
    const { syncTaskId } = recorded.data;
    switch (recorded.type) {
      case 'SyncEventCreated':
        return { status: 'open', syncTaskId, keys: recorded.data.keys };
      case 'SyncEventSettled':
        return { status: 'settled', syncTaskId, keys: recorded.data.outcomes.map(({ key }) => key) };
      default:
        return assertNever(recorded);
    }
  },

  decide: (command, event, { now: at }) => {
    const { syncTaskId } = command;
    switch (command.type) {
      case 'CreateSyncEvent':
        if (event.status !== 'absent') return [];
        return [{ type: 'SyncEventCreated', data: { syncTaskId, keys: command.keys, at } }];
      case 'SettleSyncEvent':
        if (event.status === 'settled') return [];
        if (event.status === 'absent')
          throw new Error(`Sync event ${command.syncEventId} was settled before it was created`);
        assertComplete(command, event.keys);
        return [{ type: 'SyncEventSettled', data: { syncTaskId, outcomes: command.outcomes, at } }];
      default:
        return assertNever(command);
    }
  },
};

/** The ledger balances because no settlement forgets a key or counts one twice; anything else is a bug, not a refusal. */
function assertComplete({ syncEventId, outcomes }: SettleSyncEvent, keys: readonly string[]): void {
  const complete = outcomes.length === keys.length && keys.every((key, index) => outcomes[index]?.key === key);
  if (!complete) throw new Error(`The outcomes of sync event ${syncEventId} are not those of its ${keys.length} keys`);
}
