import { createServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';

/** A request as it came. */
export interface ReceivedRequest {
  readonly method: string;
  readonly target: string;
  readonly body: string;
  readonly socket: Socket;
}

/** A server that takes requests apart and tells which of them came in one piece; answers are up to the test, byte for byte. */
export class RequestServer {
  /** The targets of each piece that was read. */
  readonly pieces: string[][] = [];
  readonly requests: ReceivedRequest[] = [];
  readonly sockets = new Set<Socket>();
  connections = 0;
  answer: (request: ReceivedRequest) => void = () => undefined;
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

  /** How often a target was asked for. */
  times(target: string): number {
    return this.requests.filter((request) => request.target === target).length;
  }

  async close(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private serve(socket: Socket): void {
    this.connections++;
    this.sockets.add(socket);
    socket.on('error', () => undefined).on('close', () => this.sockets.delete(socket));
    socket.setNoDelay(true);
    let unread = '';
    socket.on('data', (data) => {
      unread += data.toString('latin1');
      const piece: string[] = [];
      this.pieces.push(piece);
      for (let length = requestLength(unread); length <= unread.length; length = requestLength(unread)) {
        const request = readRequest(unread.slice(0, length), socket);
        unread = unread.slice(length);
        piece.push(request.target);
        this.requests.push(request);
        this.answer(request);
      }
    });
  }
}

const HEAD_END = '\r\n\r\n';

/** Of the first request in the text; endless while its head is not whole. */
function requestLength(text: string): number {
  const end = text.indexOf(HEAD_END);
  if (end < 0) return Infinity;
  const length = /\r\ncontent-length: (\d+)/.exec(text.slice(0, end))?.[1] ?? '0';
  return end + HEAD_END.length + Number(length);
}

function readRequest(text: string, socket: Socket): ReceivedRequest {
  const [method = '', target = ''] = text.split(' ', 2);
  return { method, target, body: text.slice(text.indexOf(HEAD_END) + HEAD_END.length), socket };
}
