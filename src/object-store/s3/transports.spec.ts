import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { RawServer } from '../../../test/support/raw-server.js';
import { openTransport } from './connections.js';
import type { S3Transport, S3WireRequest } from './transport.js';

const { signal } = new AbortController();
const request = (overrides: Partial<S3WireRequest> = {}): S3WireRequest => ({
  method: 'GET',
  target: '/b/k',
  headers: ['host', 'here'],
  body: undefined,
  streamed: true,
  ...overrides,
});

describe.each(['undici', 'socket'] as const)('the %s transport', (kind) => {
  let server: RawServer;
  let transport: S3Transport;

  beforeEach(async () => {
    server = new RawServer();
    const origin = await server.listen();
    transport = openTransport(kind, { origin, connections: 1, requestTimeoutMs: 300, idleTimeoutMs: 300 });
  });
  afterEach(async () => {
    await transport.close();
    await server.close();
  });

  const read = async (overrides?: Partial<S3WireRequest>) => {
    const { stream } = await transport.send(request(overrides), signal);
    return buffer(stream ?? Readable.from([]));
  };

  it('sends the target verbatim, dots and slashes too', async () => {
    server.answering('HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n');
    await read({ target: '/b//a/./b/../%2E%2e?x=/../' });
    expect(server.texts.join('')).toContain('GET /b//a/./b/../%2E%2e?x=/../ HTTP/1.1\r\nhost: here\r\n');
  });

  it('keeps the connection after a HEAD', async () => {
    server.answering('HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n');
    for (let at = 0; at < 3; at++) await transport.send(request({ method: 'HEAD', streamed: false }), signal);
    expect(server.connections).toBe(1);
  });

  it('collects a failure even when a stream was asked for', async () => {
    server.answering('HTTP/1.1 404 Not Found\r\ncontent-length: 2\r\n\r\nno');
    const answer = await transport.send(request(), signal);
    expect(answer).toMatchObject({ status: 404, stream: undefined });
    expect(answer.body.toString()).toBe('no');
  });

  it('collects a body that is as small as asked for, and streams one that is larger', async () => {
    server.answering('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok');
    const small = await transport.send(request({ collectUpTo: 2 }), signal);
    expect([small.stream, small.body.toString()]).toEqual([undefined, 'ok']);
    const large = await transport.send(request({ collectUpTo: 1 }), signal);
    expect([large.body.length, await buffer(large.stream!)]).toEqual([0, Buffer.from('ok')]);
  });

  it('does not take a body that ends early for a small one', async () => {
    server.answering('HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf', (socket) => socket.end());
    const answer = transport.send(request({ collectUpTo: 10 }), signal);
    await expect(answer).rejects.toMatchObject({ name: 'StoreError', kind: 'connection' });
  });

  it.each([
    ['Content-Length', 'content-length: 5\r\n\r\nhello'],
    ['chunks', 'transfer-encoding: chunked\r\n\r\n2\r\nhe\r\n3;x=y\r\nllo\r\n0\r\nx-trailer: 1\r\n\r\n'],
  ])('reads a body with %s in pieces of any size, and goes on with the connection', async (_how, answer) => {
    server.answer = (socket) => {
      for (const byte of `HTTP/1.1 200 OK\r\n${answer}`) socket.write(byte);
    };
    for (let at = 0; at < 3; at++) await expect(read()).resolves.toEqual(Buffer.from('hello'));
    expect(server.connections).toBe(1);
  });

  it('reads a body without a length to the end of its connection', async () => {
    server.answering('HTTP/1.1 200 OK\r\n\r\nhello', (socket) => socket.end());
    await expect(read()).resolves.toEqual(Buffer.from('hello'));
    await expect(read()).resolves.toEqual(Buffer.from('hello'));
    expect(server.connections).toBe(2);
  });

  it.each([204, 304])('takes %i for an answer without a body', async (status) => {
    server.answering(`HTTP/1.1 ${status} x\r\n\r\n`);
    expect(await transport.send(request(), signal)).toMatchObject({ status, body: Buffer.alloc(0) });
  });

  it('opens another connection after connection: close', async () => {
    server.answering('HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 2\r\n\r\nok', (socket) => socket.end());
    for (let at = 0; at < 3; at++) await expect(read()).resolves.toEqual(Buffer.from('ok'));
    expect(server.connections).toBe(3);
  });

  it('reports a body that ends early as connection', async () => {
    server.answering('HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf', (socket) => socket.end());
    await expect(read()).rejects.toMatchObject({ name: 'StoreError', kind: 'connection' });
  });

  it('reports an answer that does not come as timeout', async () => {
    await expect(read()).rejects.toMatchObject({ name: 'StoreError', kind: 'timeout' });
  });

  it('reports a body that stands still as timeout', async () => {
    server.answering('HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf');
    await expect(read()).rejects.toMatchObject({ name: 'StoreError', kind: 'timeout' });
  });

  it('reports what is not HTTP as connection', async () => {
    server.answering('SSH-2.0-server\r\n');
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
    server.answering('HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf');
    const stop = new AbortController();
    const { stream } = await transport.send(request(), stop.signal);
    const reason = new Error('stopped');
    const reading = buffer(stream ?? Readable.from([]));
    stop.abort(reason);
    await expect(reading).rejects.toBe(reason);
    server.answering('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok');
    await expect(read()).resolves.toEqual(Buffer.from('ok'));
  });

  it('frees its connection when a body is destroyed half way', async () => {
    server.answering('HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf');
    const { stream } = await transport.send(request(), signal);
    stream?.destroy();
    server.answering('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok');
    await expect(read()).resolves.toEqual(Buffer.from('ok'));
  });
});
