import { createServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';

/** A server of bytes on a free port of this machine; what it makes of them is up to the sub-class. */
export abstract class ByteServer {
  readonly sockets = new Set<Socket>();
  connections = 0;
  private readonly server: Server;

  /** With a certificate it speaks TLS. */
  constructor(private readonly tls?: { readonly cert: string; readonly key: string }) {
    const accept = (socket: Socket): void => this.accept(socket);
    this.server = tls === undefined ? createServer(accept) : createTlsServer(tls, accept);
  }

  /** Answers its URL. */
  async listen(): Promise<string> {
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve));
    const address = this.server.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    return `${this.tls === undefined ? 'http' : 'https'}://127.0.0.1:${port}`;
  }

  async close(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    await new Promise((resolve) => this.server.close(resolve));
  }

  protected abstract received(data: Buffer, socket: Socket): void;

  private accept(socket: Socket): void {
    this.connections++;
    this.sockets.add(socket);
    socket.setNoDelay(true);
    socket.on('error', () => undefined).on('close', () => this.sockets.delete(socket));
    socket.on('data', (data) => this.received(data, socket));
  }
}
