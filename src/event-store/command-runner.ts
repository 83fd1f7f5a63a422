import { Injectable } from '@nestjs/common';
import { Clock } from '../kernel/clock.js';
import type { Decider } from '../kernel/decider.js';
import type { DomainEvent, EventMetadata } from '../kernel/domain-event.js';
import { derivedId, timeOrderedId } from '../kernel/ids.js';
import { EventStore, WrongRevision } from './event-store.port.js';
import type { Appended, ExpectedRevision, NewEvent } from './event-store.port.js';
import { EventSchemas } from './upcast.js';

/** Decisions on fresh state before a lost race is given up. */
const ATTEMPTS = 4;

export interface RunOptions<S = never> {
  /** Who and what caused the command; without it the events start a correlation of their own. */
  readonly metadata?: Omit<EventMetadata, 'schemaVersion'>;
  /**
   * Names this command for ever. The ids of its events follow from it, so a caller who never got the answer may run it
   * again: the store recognizes the repeat.
   */
  readonly commandId?: string;
  /**
   * What the caller knows of the stream: the first attempt decides on this without reading. When it turns out to be wrong,
   * the next attempt reads.
   */
  readonly assume?: Pick<LoadedState<S>, 'state' | 'revision'>;
}

export interface CommandResult<E extends DomainEvent> {
  /** What was decided; empty when there was nothing left to do. */
  readonly events: readonly E[];
  /** Position of the last event of the stream: a view that has passed it shows the outcome. Undefined for no stream. */
  readonly position: bigint | undefined;
  /** The stream's revision after it. For who goes on with `assume`: higher than what was assumed and added, others wrote too. */
  readonly revision: bigint | 'no-stream';
}

export interface LoadedState<S> {
  readonly state: S;
  readonly revision: bigint | 'no-stream';
  /** Position of the last event; undefined when there is none. */
  readonly position: bigint | undefined;
}

/** The one place that loads, folds, decides and appends. */
@Injectable()
export class CommandRunner {
  constructor(
    private readonly store: EventStore,
    private readonly clock: Clock,
    private readonly schemas: EventSchemas,
  ) {}

  /** A lost race is decided again on fresh state, at most four times; then its `WrongRevision` is the caller's. */
  async run<S, C, E extends DomainEvent>(
    decider: Decider<S, C, E>,
    stream: string,
    command: C,
    options: RunOptions<S> = {},
  ): Promise<CommandResult<E>> {
    const metadata = options.metadata ?? { correlationId: options.commandId ?? timeOrderedId(), actor: 'service' };
    for (let attempt = 1; ; attempt++) {
      const assumed = attempt === 1 ? options.assume : undefined;
      const loaded = assumed ? { ...assumed, position: undefined } : await this.load(decider, stream);
      const events = decider.decide(command, loaded.state, { now: this.clock.now().toISOString() });
      if (events.length === 0) return { events, position: loaded.position, revision: loaded.revision };
      try {
        const { position, revision } = await this.append(stream, loaded.revision, events, { ...options, metadata });
        return { events, position, revision };
      } catch (error) {
        if (!(error instanceof WrongRevision) || attempt === ATTEMPTS) throw error;
      }
    }
  }

  /** The state of a stream as its decider folds it. */
  async load<S, C, E extends DomainEvent>(decider: Decider<S, C, E>, stream: string): Promise<LoadedState<S>> {
    const { events, revision } = await this.store.read<E>(stream);
    const state = events.reduce<S>((before, event) => decider.evolve(before, event), decider.initialState());
    return { state, revision, position: events.at(-1)?.position };
  }

  private async append(
    stream: string,
    expected: ExpectedRevision,
    events: readonly DomainEvent[],
    {
      metadata,
      commandId,
    }: Pick<RunOptions, 'commandId'> & { readonly metadata: Omit<EventMetadata, 'schemaVersion'> },
  ): Promise<Appended> {
    const stamped = events.map(({ type, data }, index): NewEvent => {
      const id = commandId === undefined ? timeOrderedId() : derivedId(commandId, stream, String(index));
      return { id, type, data, metadata: { ...metadata, schemaVersion: this.schemas.currentVersion(type) } };
    });
    return this.store.append(stream, expected, stamped);
  }
}

/** A stream that is not there yet, as far as anyone knows: for `assume`. */
export const absent = <S, C, E extends DomainEvent>(decider: Decider<S, C, E>): LoadedState<S> => ({
  state: decider.initialState(),
  revision: 'no-stream',
  position: undefined,
});
