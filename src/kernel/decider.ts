import type { DomainEvent } from './domain-event.js';

/** What a decision may know besides state and command. Time comes from the edge as an ISO 8601 string in UTC. */
export interface DecisionContext {
  readonly now: string;
}

/** Three pure functions. `decide` throws only `OmsError`; `evolve` checks no rules. */
export interface Decider<State, Command, Event extends DomainEvent> {
  readonly initialState: () => State;
  readonly evolve: (state: State, event: Event) => State;
  /** The events that follow, possibly none when there is nothing left to do. */
  readonly decide: (command: Command, state: State, context: DecisionContext) => readonly Event[];
}
