import { createServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';

/** A server that records what comes and answers each request's head with `answer`, byte for byte. */
export class RawServer {
  readonly received: string[] = [];
  readonly sockets = new Set<Socket>();
  connections = 0;
  answer: (socket: Socket) => void = () => undefined;
  private readonly server: Server;

  /** With a certificate it speaks TLS. */
  constructor(private readonly tls?: { readonly cert: string; readonly key: string }) {
    const serve = (socket: Socket): void => this.serve(socket);
    this.server = tls === undefined ? createServer(serve) : createTlsServer(tls, serve);
  }

  async listen(): Promise<string> {
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve));
    const address = this.server.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    return `${this.tls === undefined ? 'http' : 'https'}://127.0.0.1:${port}`;
  }

  /** Answers every request with this, then calls `then`. */
  answering(text: string | Buffer, then: (socket: Socket) => void = () => undefined): void {
    this.answer = (socket) => {
      socket.write(text);
      then(socket);
    };
  }

  async close(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private serve(socket: Socket): void {
    this.connections++;
    this.sockets.add(socket);
    socket.on('error', () => undefined).on('close', () => this.sockets.delete(socket));
    socket.on('data', (data) => {
      this.received.push(data.toString('latin1'));
      if (data.includes('HTTP/1.1')) this.answer(socket);
    });
  }
}
