import type { Database } from './database.js';
import type { LogPosition } from './event-log.js';
import type { Outlet } from './outlet.js';
import {
  caughtUpResponse,
  checkpointResponse,
  confirmationResponse,
  eventResponse,
  fellBehindResponse,
  linkResponse,
  streamNotFoundResponse,
} from './read-response.js';
import type { StoredEvent } from './stored-event.js';

/** How the client of a read wants its events. */
export interface EventShape {
  readonly structuredIds: boolean;
  readonly resolveLinks: boolean;
}

const LINK_TYPE = '$>';

/** Writes the messages of one read. Each answers as `Outlet.write`: undefined, or what to wait for. */
export class EventSender {
  private readonly caughtUpBytes = caughtUpResponse();

  constructor(
    readonly outlet: Outlet<unknown>,
    private readonly database: Database,
    private readonly shape: EventShape,
  ) {}

  event(event: StoredEvent): Promise<void> | undefined {
    const { structuredIds, resolveLinks } = this.shape;
    const isLink = resolveLinks && event.type === LINK_TYPE;
    return this.outlet.write(
      isLink ? linkResponse(event, this.targetOf(event), structuredIds) : eventResponse(event, structuredIds),
    );
  }

  confirmation(subscriptionId: string): Promise<void> | undefined {
    return this.outlet.write(confirmationResponse(subscriptionId));
  }

  checkpoint(position: LogPosition): Promise<void> | undefined {
    return this.outlet.write(checkpointResponse(position));
  }

  caughtUp(): Promise<void> | undefined {
    return this.outlet.write(this.caughtUpBytes);
  }

  fellBehind(): Promise<void> | undefined {
    return this.outlet.write(fellBehindResponse());
  }

  streamNotFound(stream: string): Promise<void> | undefined {
    return this.outlet.write(streamNotFoundResponse(stream));
  }

  /** A link says `<revision>@<stream>`; its target may be gone. */
  private targetOf(link: StoredEvent): StoredEvent | undefined {
    const [revision = '', ...name] = Buffer.from(link.data).toString('utf8').split('@');
    const stream = this.database.stream(name.join('@'));
    if (stream === undefined || stream.isAbsent || Number(revision) < stream.firstReadable(this.database.now()))
      return undefined;
    return stream.get(Number(revision));
  }
}
