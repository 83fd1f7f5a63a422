import { randomUUID } from 'node:crypto';
import type { ReadReq as WireReadReq } from '@eventstore/db-client/generated/streams_pb.js';
import { AllSubscription, READ_BATCH, type SubscriptionFilter } from './all-subscription.js';
import type { Database } from './database.js';
import { at, type EventFilter, type LogPosition } from './event-log.js';
import type { EventSender, EventShape } from './event-sender.js';
import { decodeStreamName } from './proposed-event.js';
import { handlerFailed, invalidPosition, streamDeleted } from './rpc-error.js';
import type { StoredEvent } from './stored-event.js';
import { StreamSubscription } from './stream-subscription.js';
import { ReadReq } from './wire.js';

type Options = WireReadReq.Options;

export const decodeShape = (options: Options): EventShape => ({
  structuredIds: options.getUuidOption()?.hasString() !== true,
  resolveLinks: options.getResolveLinks(),
});

const isBackwards = (options: Options) => options.getReadDirection() === ReadReq.Options.ReadDirection.BACKWARDS;

const decodePosition = (position: WireReadReq.Options.Position): LogPosition => {
  const commit = Number(position.getCommitPosition());
  const prepare = Number(position.getPreparePosition());
  if (commit < prepare) throw handlerFailed('The commit position cannot be less than the prepare position.');
  return { commit, prepare };
};

const matcherOf = (expression: WireReadReq.Options.FilterOptions.Expression): ((text: string) => boolean) => {
  const regex = expression.getRegex();
  if (regex !== '') {
    const pattern = new RegExp(regex);
    return (text) => pattern.test(text);
  }
  const prefixes = expression.getPrefixList();
  if (prefixes.length === 0) throw handlerFailed('A filter needs a regular expression or prefixes.');
  return (text) => prefixes.some((prefix) => text.startsWith(prefix));
};

const decodeFilter = (filter: WireReadReq.Options.FilterOptions): SubscriptionFilter => {
  const multiplier = filter.getCheckpointintervalmultiplier();
  if (multiplier === 0) throw handlerFailed("'checkpointIntervalMultiplier' must be a non-zero value.");
  const window = filter.hasMax() ? filter.getMax() : READ_BATCH;
  return { matches: decodeMatches(filter), window, checkpointInterval: multiplier * window };
};

const decodeMatches = (filter: WireReadReq.Options.FilterOptions): EventFilter => {
  const byStream = filter.getStreamIdentifier();
  const byType = filter.getEventType();
  if (byStream !== undefined) {
    const matches = matcherOf(byStream);
    return ({ stream }) => matches(stream);
  }
  if (byType === undefined) throw handlerFailed('A filter is for stream names or for event types.');
  const matches = matcherOf(byType);
  return ({ type }) => matches(type);
};

/** One call of Streams.Read: any of the reads and subscriptions that it stands for. */
export class ReadCall {
  constructor(
    private readonly database: Database,
    private readonly sender: EventSender,
    private readonly options: Options,
  ) {}

  get isSubscription(): boolean {
    return this.options.hasSubscription();
  }

  /** Resolves when a read is complete; a subscription goes on until its call ends. */
  async run(): Promise<void> {
    const { options } = this;
    const [all, stream, filter] = [options.getAll(), options.getStream(), options.getFilter()];
    const isFiltered = options.getFilterOptionCase() === ReadReq.Options.FilterOptionCase.FILTER;
    const hasFilterChoice = isFiltered || options.hasNoFilter();
    if ((!options.hasCount() && !this.isSubscription) || !hasFilterChoice) throw this.invalid();
    if (this.isSubscription && isBackwards(options)) throw this.invalid();
    if (stream !== undefined && !isFiltered) {
      const name = decodeStreamName(stream.getStreamIdentifier());
      return this.isSubscription ? this.subscribeToStream(name, stream) : this.readStream(name, stream);
    }
    if (all === undefined) throw this.invalid();
    if (this.isSubscription) return this.subscribeToAll(all, filter);
    return this.readAll(all, filter);
  }

  private invalid() {
    return handlerFailed('The combination of read options is invalid.');
  }

  private async subscribeToStream(name: string, from: WireReadReq.Options.StreamOptions): Promise<void> {
    const start = from.hasEnd() ? 'end' : from.hasRevision() ? Number(from.getRevision()) : undefined;
    await new StreamSubscription(this.database, this.sender, name).run(randomUUID(), start);
  }

  private async subscribeToAll(
    from: WireReadReq.Options.AllOptions,
    filter: WireReadReq.Options.FilterOptions | undefined,
  ): Promise<void> {
    const position = from.getPosition();
    const start = from.hasEnd() ? 'end' : position && decodePosition(position);
    if (typeof start === 'object' && !this.database.log.isReadable(start.commit)) throw invalidPosition();
    const subscription = new AllSubscription(this.database, this.sender, filter && decodeFilter(filter));
    await subscription.run(randomUUID(), start);
  }

  private async readStream(name: string, from: WireReadReq.Options.StreamOptions): Promise<void> {
    if (this.database.isTombstoned(name)) throw streamDeleted(name);
    const stream = this.database.stream(name);
    if (stream === undefined || stream.isAbsent) {
      await this.sender.streamNotFound(name);
      return;
    }
    let next = from.hasRevision() ? Number(from.getRevision()) : from.hasEnd() ? Infinity : 0;
    if (!isBackwards(this.options) && from.hasEnd()) return;
    if (isBackwards(this.options) && from.hasStart()) next = 0;
    await this.pages((count) => {
      const now = this.database.now();
      const events = isBackwards(this.options)
        ? stream.readBackwards(next, count, now)
        : stream.readForwards(next, count, now).events;
      const last = events.at(-1)?.revision ?? 0;
      next = isBackwards(this.options) ? last - 1 : last + 1;
      return events;
    });
  }

  private async readAll(
    from: WireReadReq.Options.AllOptions,
    filter: WireReadReq.Options.FilterOptions | undefined,
  ): Promise<void> {
    const { log } = this.database;
    const matches = filter && decodeMatches(filter);
    const position = from.getPosition();
    let next = position ? decodePosition(position) : from.hasEnd() ? at(Infinity) : at(0);
    if (Number.isFinite(next.commit) && !log.isReadable(next.commit)) throw invalidPosition();
    await this.pages((count) => {
      if (isBackwards(this.options)) {
        const page = log.readBackwards(next, count, matches);
        next = page.next;
        return page.events;
      }
      const page = log.readForwards(next, count, Infinity, matches);
      next = page.next;
      return page.events;
    });
  }

  /** Reads until nothing more comes or the count is full. */
  private async pages(read: (count: number) => readonly StoredEvent[]): Promise<void> {
    let left = Number(this.options.getCount());
    while (left > 0) {
      const events = read(Math.min(left, READ_BATCH));
      if (events.length === 0) return;
      for (const event of events) {
        const wait = this.sender.event(event);
        if (wait !== undefined) await wait;
      }
      left -= events.length;
    }
  }
}
