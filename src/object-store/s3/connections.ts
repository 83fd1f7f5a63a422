import { SocketTransport } from './socket-transport.js';
import type { S3Transport, S3TransportOptions } from './transport.js';
import { UndiciTransport } from './undici-transport.js';

/** Two clients of HTTP that keep the same promises: one from a package, one of our own, which is faster. */
export type TransportKind = 'undici' | 'socket';

export const openTransport = (kind: TransportKind, options: S3TransportOptions): S3Transport =>
  kind === 'socket' ? new SocketTransport(options) : new UndiciTransport(options);

/** Connections by origin, shared by all stores there, so that their number is bounded per endpoint and not per store. */
export class SharedConnections {
  private readonly open = new Map<string, { readonly transport: S3Transport; users: number }>();

  constructor(private readonly connect: (origin: string) => S3Transport) {}

  /** The transport of an origin, until `release`; the last release closes it. */
  acquire(origin: string): { readonly transport: S3Transport; release(): Promise<void> } {
    let shared = this.open.get(origin);
    if (shared === undefined) {
      shared = { transport: this.connect(origin), users: 0 };
      this.open.set(origin, shared);
    }
    const held = shared;
    held.users++;
    let released = false;
    const release = async (): Promise<void> => {
      if (released) return;
      released = true;
      held.users--;
      if (held.users > 0) return;
      if (this.open.get(origin) === held) this.open.delete(origin);
      await held.transport.close();
    };
    return { transport: held.transport, release };
  }

  async close(): Promise<void> {
    const transports = [...this.open.values()].map(({ transport }) => transport);
    this.open.clear();
    await Promise.all(transports.map((transport) => transport.close()));
  }
}
