import { createServer, type Server, type Socket } from 'node:net';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import type { S3WireRequest } from './transport.js';
import { UndiciTransport } from './undici-transport.js';

/** A server that records what comes and answers each request's head with `answer`, byte for byte. */
class RawServer {
  readonly received: string[] = [];
  readonly sockets = new Set<Socket>();
  connections = 0;
  answer: (socket: Socket) => void = () => undefined;
  private readonly server: Server = createServer((socket) => {
    this.connections++;
    this.sockets.add(socket);
    socket.on('error', () => undefined).on('close', () => this.sockets.delete(socket));
    socket.on('data', (data) => {
      this.received.push(data.toString('latin1'));
      if (data.includes('HTTP/1.1')) this.answer(socket);
    });
  });

  async listen(): Promise<string> {
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve));
    const address = this.server.address();
    return `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`;
  }

  async close(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    await new Promise((resolve) => this.server.close(resolve));
  }
}

const { signal } = new AbortController();
const request = (overrides: Partial<S3WireRequest> = {}): S3WireRequest => ({
  method: 'GET',
  target: '/b/k',
  headers: ['host', 'here'],
  body: undefined,
  streamed: true,
  ...overrides,
});

describe('the undici transport', () => {
  let server: RawServer;
  let transport: UndiciTransport;

  beforeEach(async () => {
    server = new RawServer();
    const origin = await server.listen();
    transport = new UndiciTransport({ origin, connections: 1, requestTimeoutMs: 300, idleTimeoutMs: 300 });
  });
  afterEach(async () => {
    await transport.close();
    await server.close();
  });

  const answering = (text: string, then: (socket: Socket) => void = () => undefined) => {
    server.answer = (socket) => {
      socket.write(text);
      then(socket);
    };
  };
  const read = async (overrides?: Partial<S3WireRequest>) => {
    const { stream } = await transport.send(request(overrides), signal);
    return buffer(stream ?? Readable.from([]));
  };

  it('sends the target verbatim, dots and slashes too', async () => {
    answering('HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n');
    await read({ target: '/b//a/./b/../%2E%2e?x=/../' });
    expect(server.received.join('')).toContain('GET /b//a/./b/../%2E%2e?x=/../ HTTP/1.1\r\nhost: here\r\n');
  });

  it('keeps the connection after a HEAD', async () => {
    answering('HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n');
    for (let at = 0; at < 3; at++) await transport.send(request({ method: 'HEAD', streamed: false }), signal);
    expect(server.connections).toBe(1);
  });

  it('collects a failure even when a stream was asked for', async () => {
    answering('HTTP/1.1 404 Not Found\r\ncontent-length: 2\r\n\r\nno');
    const answer = await transport.send(request(), signal);
    expect(answer).toMatchObject({ status: 404, stream: undefined });
    expect(answer.body.toString()).toBe('no');
  });

  it('reports a body that ends early as connection', async () => {
    answering('HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf', (socket) => socket.end());
    await expect(read()).rejects.toMatchObject({ name: 'StoreError', kind: 'connection' });
  });

  it('reports an answer that does not come as timeout', async () => {
    await expect(read()).rejects.toMatchObject({ name: 'StoreError', kind: 'timeout' });
  });

  it('reports a body that stands still as timeout', async () => {
    answering('HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf');
    await expect(read()).rejects.toMatchObject({ name: 'StoreError', kind: 'timeout' });
  });

  it('reports what is not HTTP as connection', async () => {
    answering('SSH-2.0-server\r\n');
    await expect(read()).rejects.toMatchObject({ name: 'StoreError', kind: 'connection' });
  });

  it('reports a refused connection as connection', async () => {
    await server.close();
    await expect(read()).rejects.toMatchObject({ kind: 'connection', backendCode: 'ECONNREFUSED' });
  });

  it('ends a request that waits for a connection when its signal aborts, and destroys its body', async () => {
    const first = new AbortController();
    const second = new AbortController();
    const arrived = new Promise<void>((resolve) => (server.answer = () => resolve()));
    const running = transport.send(request(), first.signal);
    const body = Readable.from([Buffer.from('x')]);
    const headers = ['host', 'here', 'content-length', '1'];
    const waiting = transport.send(request({ method: 'PUT', headers, body }), second.signal);
    await arrived;
    const reason = new Error('stopped');
    second.abort(reason);
    await expect(waiting).rejects.toBe(reason);
    expect(body.destroyed).toBe(true);
    first.abort(reason);
    await expect(running).rejects.toBe(reason);
  });

  it('ends a body with the reason of its signal, and gives the connection up', async () => {
    answering('HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf');
    const stop = new AbortController();
    const { stream } = await transport.send(request(), stop.signal);
    const reason = new Error('stopped');
    const reading = buffer(stream ?? Readable.from([]));
    stop.abort(reason);
    await expect(reading).rejects.toBe(reason);
    answering('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok');
    await expect(read()).resolves.toEqual(Buffer.from('ok'));
  });

  it('frees its connection when a body is destroyed half way', async () => {
    answering('HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf');
    const { stream } = await transport.send(request(), signal);
    stream?.destroy();
    answering('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok');
    await expect(read()).resolves.toEqual(Buffer.from('ok'));
  });
});
