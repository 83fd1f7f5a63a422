import { PassThrough, Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { selfSignedCertificate } from '../../../test/support/eventstoredb/index.js';
import { RawServer } from '../../../test/support/raw-server.js';
import { SocketTransport } from './socket-transport.js';
import type { S3WireRequest } from './transport.js';

const { signal } = new AbortController();
const request = (overrides: Partial<S3WireRequest> = {}): S3WireRequest => ({
  method: 'GET',
  target: '/b/k',
  headers: ['host', 'here'],
  body: undefined,
  streamed: false,
  ...overrides,
});
const put = (body: Readable, length: number): S3WireRequest =>
  request({ method: 'PUT', headers: ['host', 'here', 'content-length', String(length)], body });
const OK = 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok';
const MIB = 1024 * 1024;

describe('the socket transport', () => {
  let server: RawServer;
  let transport: SocketTransport;
  const open = async (options: { connections?: number; trustedCertificates?: string } = {}) => {
    const origin = await server.listen();
    transport = new SocketTransport({
      origin,
      connections: 1,
      requestTimeoutMs: 2000,
      idleTimeoutMs: 2000,
      ...options,
    });
  };

  beforeEach(() => {
    server = new RawServer();
  });
  afterEach(async () => {
    await transport.close();
    await server.close();
  });

  it('passes interim answers over', async () => {
    await open();
    server.answering(`HTTP/1.1 100 Continue\r\n\r\n${OK}`);
    expect((await transport.send(request(), signal)).body.toString()).toBe('ok');
  });

  it('gives a connection up that says more than it was asked', async () => {
    await open();
    server.answering(`${OK}HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nwrong`);
    for (let at = 0; at < 3; at++) expect((await transport.send(request(), signal)).body.toString()).toBe('ok');
    expect(server.connections).toBe(3);
  });

  it('gives an idle connection up when the server says something on it', async () => {
    await open();
    server.answering(OK);
    await transport.send(request(), signal);
    for (const socket of server.sockets) socket.write('HTTP/1.1 408 Request Timeout\r\n\r\n');
    while (server.sockets.size > 0) await sleep(1);
    expect((await transport.send(request(), signal)).status).toBe(200);
    expect(server.connections).toBe(2);
  });

  it('opens another connection when the server closed the idle one', async () => {
    await open();
    server.answering(OK, (socket) => socket.end());
    for (let at = 0; at < 3; at++) {
      expect((await transport.send(request(), signal)).status).toBe(200);
      while (server.sockets.size > 0) await sleep(1);
    }
    expect(server.connections).toBe(3);
  });

  it('hands on what the server says before it has the whole body, and ends that body', async () => {
    await open();
    server.answering('HTTP/1.1 403 Forbidden\r\ncontent-length: 2\r\n\r\nno');
    const body = new PassThrough();
    body.write('only the begin');
    expect((await transport.send(put(body, MIB), signal)).status).toBe(403);
    expect(body.destroyed).toBe(true);
    server.answering(OK);
    expect((await transport.send(request(), signal)).status).toBe(200);
    expect(server.connections).toBe(2);
  });

  it.each([
    ['a body that breaks', () => Readable.from(breaks()), 'broken'],
    ['a body that broke before its turn', () => new PassThrough().destroy(new Error('broken')), 'broken'],
    ['a body that is too short', () => Readable.from([Buffer.alloc(10)]), '10 of 20 bytes'],
    ['a body that is too long', () => Readable.from([Buffer.alloc(30)]), '30 of 20 bytes'],
  ])('fails with %s', async (_what, body, message) => {
    await open();
    const sent = transport.send(put(body(), 20), signal);
    await expect(sent).rejects.toMatchObject({
      kind: 'connection',
      message: expect.stringContaining(message) as string,
    });
  });

  it.each([
    ['a target', { target: '/a b' }],
    ['a header', { headers: ['host', 'here\r\nx: y'] }],
    ['a stream without its length', { method: 'PUT', body: Readable.from(['x']) }],
  ] as const)('refuses %s that cannot be sent', async (_what, overrides) => {
    await open();
    await expect(transport.send(request(overrides), signal)).rejects.toMatchObject({ kind: 'invalid' });
  });

  it('reads no further than its reader wants', async () => {
    await open();
    let written = 0;
    server.answer = (socket) => {
      socket.write(`HTTP/1.1 200 OK\r\ncontent-length: ${256 * MIB}\r\n\r\n`);
      const more = () => {
        while ((written += MIB) < 256 * MIB && socket.write(Buffer.alloc(MIB)));
      };
      socket.on('drain', more);
      more();
    };
    const { stream } = await transport.send(request({ streamed: true }), signal);
    await sleep(100);
    const before = written;
    expect(before).toBeLessThan(32 * MIB); // what the kernel buffers, not what the server has
    await sleep(50);
    expect(written).toBe(before);
    stream!.destroy();
  });

  it('fails what waits and what runs when it is closed', async () => {
    await open();
    const failing = [transport.send(request(), signal), transport.send(request(), signal)];
    const settled = Promise.allSettled(failing);
    await transport.close();
    for (const result of await settled)
      expect(result).toMatchObject({ status: 'rejected', reason: { kind: 'connection' } });
    await expect(transport.send(request(), signal)).rejects.toMatchObject({ kind: 'connection' });
  });

  it('speaks TLS, and resumes its session', async () => {
    const certificate = selfSignedCertificate();
    server = new RawServer(certificate);
    await open({ connections: 1, trustedCertificates: certificate.cert });
    server.answering(`HTTP/1.1 200 OK\r\ncontent-length: ${MIB}\r\nconnection: close\r\n\r\n`, (socket) =>
      socket.end(Buffer.alloc(MIB, 'x')),
    );
    for (let at = 0; at < 2; at++) {
      const { stream } = await transport.send(request({ streamed: true }), signal);
      expect((await buffer(stream!)).equals(Buffer.alloc(MIB, 'x'))).toBe(true);
    }
  });

  it('refuses a certificate that nobody vouches for', async () => {
    server = new RawServer(selfSignedCertificate());
    await open();
    await expect(transport.send(request(), signal)).rejects.toMatchObject({ kind: 'connection' });
  });
});

function* breaks(): Generator<Buffer> {
  yield Buffer.alloc(5);
  throw new Error('broken');
}
