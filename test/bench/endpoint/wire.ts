import type { Socket } from 'node:net';

export interface Head {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  /** The head as it came, in Latin-1, for the few headers that matter. */
  readonly text: string;
  readonly contentLength: number;
}

/** Takes the body of one request, and answers it at its end. */
export interface Receiver {
  data(chunk: Buffer): void;
  end(): void;
}

const HEAD_END = Buffer.from('\r\n\r\n');
const MAX_HEAD_BYTES = 64 * 1024;

/** The value of a header; names are looked up without regard to case. */
export function headerOf(text: string, name: string): string | undefined {
  const start = text.toLowerCase().indexOf(`\r\n${name}:`);
  if (start < 0) return undefined;
  const end = text.indexOf('\r\n', start + 2);
  return text.slice(start + name.length + 3, end < 0 ? undefined : end).trim();
}

function parseHead(text: string): Head {
  const line = text.slice(0, text.indexOf('\r\n'));
  const [method = '', target = ''] = line.split(' ');
  const mark = target.indexOf('?');
  return {
    method,
    path: decodeURIComponent(mark < 0 ? target : target.slice(0, mark)),
    query: new URLSearchParams(mark < 0 ? '' : target.slice(mark + 1)),
    text,
    contentLength: Number(headerOf(text, 'content-length') ?? 0),
  };
}

/** One client's connection: as little HTTP/1.1 as S3 clients need, so that the client is what a bench measures. */
export class Connection {
  private pending: Buffer | undefined;
  private receiver: Receiver | undefined;
  private left = 0;

  constructor(
    readonly socket: Socket,
    private readonly serve: (head: Head, connection: Connection) => Receiver,
  ) {
    socket.setNoDelay(true);
    socket.on('data', (chunk: Buffer) => this.take(chunk));
    socket.on('error', () => socket.destroy());
  }

  /** A whole answer. `length` differs from the body's for HEAD. */
  answer(status: string, headers: string, body: string | Buffer = '', length = Buffer.byteLength(body)): void {
    const head = `HTTP/1.1 ${status}\r\n${headers}content-length: ${length}\r\n\r\n`;
    if (typeof body === 'string') this.socket.write(head + body);
    else {
      this.socket.cork();
      this.socket.write(head, 'latin1');
      this.socket.write(body);
      this.socket.uncork();
    }
  }

  private take(chunk: Buffer): void {
    let rest: Buffer | undefined = this.pending === undefined ? chunk : Buffer.concat([this.pending, chunk]);
    this.pending = undefined;
    while (rest !== undefined && rest.length > 0)
      rest = this.receiver === undefined ? this.head(rest) : this.body(rest);
  }

  /** What follows the head; undefined when the head is not whole yet. */
  private head(bytes: Buffer): Buffer | undefined {
    const end = bytes.indexOf(HEAD_END);
    if (end < 0) {
      if (bytes.length > MAX_HEAD_BYTES) this.socket.destroy();
      this.pending = Buffer.from(bytes);
      return undefined;
    }
    const head = parseHead(bytes.toString('latin1', 0, end));
    if (headerOf(head.text, 'expect') !== undefined) this.socket.write('HTTP/1.1 100 Continue\r\n\r\n');
    const receiver = this.serve(head, this);
    if (head.contentLength === 0) receiver.end();
    else {
      this.receiver = receiver;
      this.left = head.contentLength;
    }
    return bytes.subarray(end + HEAD_END.length);
  }

  private body(bytes: Buffer): Buffer {
    const { receiver } = this;
    const part = bytes.length > this.left ? bytes.subarray(0, this.left) : bytes;
    receiver?.data(part);
    this.left -= part.length;
    if (this.left === 0) {
      this.receiver = undefined;
      receiver?.end();
    }
    return bytes.subarray(part.length);
  }
}
