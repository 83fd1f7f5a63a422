import { OmsError } from '../../src/kernel/oms-error.js';
import type { OmsErrorKind } from '../../src/kernel/oms-error.js';
import type { Decider } from '../../src/kernel/decider.js';
import type { DomainEvent } from '../../src/kernel/domain-event.js';

const refusalOf = (act: () => unknown): string => {
  try {
    return `not refused: ${JSON.stringify(act())}`;
  } catch (error) {
    if (error instanceof OmsError) return error.kind;
    throw error;
  }
};

/** given(...events).when(command).then(...events), .thenRefused(kind) or .thenNothing(). `now` is an ISO 8601 time. */
export const specFor =
  <S, C, E extends DomainEvent>(decider: Decider<S, C, E>, now: string) =>
  (...history: readonly E[]) => ({
    when: (command: C) => {
      const decide = () => decider.decide(command, history.reduce(decider.evolve, decider.initialState()), { now });
      return {
        then: (...events: readonly E[]) => expect(decide()).toEqual(events),
        thenRefused: (kind: OmsErrorKind) => expect(refusalOf(decide)).toBe(kind),
        thenNothing: () => expect(decide()).toEqual([]),
      };
    },
  });
