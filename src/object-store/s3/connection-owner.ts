import type { TickingClock } from './connection-clock.js';
import type { SocketTarget } from './open-socket.js';
import type { SocketExchange } from './socket-exchange.js';

/** The pool that a connection belongs to. */
export interface ConnectionOwner<Connection> extends SocketTarget, TickingClock {
  /** It can take other exchanges. */
  freed(connection: Connection): void;
  /** These will not be answered here, and their answers had not begun; `distrust` when several at once may be to blame. */
  unanswered(exchanges: readonly SocketExchange[], distrust: boolean): void;
  /** It is gone. */
  closed(connection: Connection): void;
}
