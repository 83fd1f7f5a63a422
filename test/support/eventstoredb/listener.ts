import { once } from 'node:events';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';

export const HOST = '127.0.0.1';

/** Accepts connections on one port of the loopback interface, and can be told to break or to refuse them. */
export class Listener {
  private readonly sockets = new Map<string, Socket>();
  private server: Server | undefined;
  private boundPort = 0;
  accepted = 0;

  constructor(private readonly onConnection: (socket: Socket) => void) {}

  get port(): number {
    return this.boundPort;
  }

  get open(): number {
    return this.sockets.size;
  }

  get isListening(): boolean {
    return this.server !== undefined;
  }

  /** Listens on the port that it had, at first on `port`; 0: any that is free. */
  async listen(port = 0): Promise<void> {
    if (this.server !== undefined) return;
    const server = createServer((socket) => this.accept(socket));
    server.listen(this.boundPort === 0 ? port : this.boundPort, HOST);
    await once(server, 'listening');
    this.boundPort = (server.address() as AddressInfo).port;
    this.server = server;
  }

  /** New connections are refused; those that are open stay. */
  async refuse(): Promise<void> {
    const server = this.server;
    if (server === undefined) return;
    this.server = undefined;
    await new Promise<void>((resolve) => {
      server.close();
      setImmediate(resolve);
    });
  }

  /** Breaks all connections, without a farewell. */
  drop(): number {
    const sockets = [...this.sockets.values()];
    for (const socket of sockets) socket.resetAndDestroy();
    return sockets.length;
  }

  /** Breaks the connection with this peer (`address:port`). */
  dropPeer(peer: string): void {
    this.sockets.get(peer)?.resetAndDestroy();
  }

  private accept(socket: Socket): void {
    const peer = `${socket.remoteAddress ?? ''}:${socket.remotePort ?? 0}`;
    this.accepted++;
    this.sockets.set(peer, socket);
    socket.setNoDelay(true);
    // Resets are what tests ask for.
    socket.on('error', () => undefined).on('close', () => this.sockets.delete(peer));
    this.onConnection(socket);
  }
}
