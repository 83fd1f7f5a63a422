import type { Decider } from '../kernel/decider.js';
import type { RecordObjectList } from './object-list.commands.js';
import type { ObjectListKind, ObjectListRecorded } from './object-list.events.js';

/** Per kind the position up to which lines are in recorded files. */
export type RecordedLists = Partial<Readonly<Record<ObjectListKind, bigint>>>;

/** Files of one kind cover the log in order and never overlap, so each line is in exactly one of them. */
export const objectListDecider: Decider<RecordedLists, RecordObjectList, ObjectListRecorded> = {
  initialState: () => ({}),
  evolve: (lists, { data }) => ({ ...lists, [data.kind]: BigInt(data.toPosition) }),
  decide: ({ list }, lists, { now: at }) => {
    const recorded = lists[list.kind];
    // Another writer was first: what it recorded covers these lines.
    if (recorded !== undefined && BigInt(list.fromPosition) <= recorded) return [];
    return [{ type: 'ObjectListRecorded', data: { ...list, at } }];
  },
};
