import { createHash, randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { PassThrough, type Readable } from 'node:stream';
import { giveBack } from '../body-memory.js';
import { SocketTransport } from './socket-transport.js';

const MIB = 1024 * 1024;
const RELAYS = 16;
const ROUNDS = 4;
const { signal } = new AbortController();
const HOST = ['host', 'here'];
const content = randomBytes(3 * MIB);
const short = content.subarray(0, 0.9 * MIB);
const sha256 = (data: Buffer): string => createHash('sha256').update(data).digest('hex');

/** Answers a GET of `/<bytes>` with so much of the content in pieces of odd sizes, and a PUT with the SHA-256 of what it brought. */
async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
  if (request.method === 'GET') {
    const asked = content.subarray(0, Number(request.url?.slice(1)));
    response.setHeader('content-length', asked.length);
    for (let at = 0, step = 1; at < asked.length; at += step, step = (step * 7) % 100_003)
      response.write(asked.subarray(at, at + step));
    response.end();
    return;
  }
  const hash = createHash('sha256');
  for await (const chunk of request) hash.update(chunk as Buffer);
  response.end(hash.digest('hex'));
}

describe('a relay over sockets', () => {
  const server = createServer((request, response) => {
    // Relays that are given up end in the middle of a body.
    serve(request, response).catch(() => response.destroy());
  });
  let transport: SocketTransport;

  beforeAll(async () => {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const origin = `http://127.0.0.1:${port}`;
    transport = new SocketTransport({ origin, connections: 40, requestTimeoutMs: 5000, idleTimeoutMs: 5000 });
  });
  afterAll(async () => {
    await transport.close();
    await new Promise((resolve) => server.close(resolve));
  });

  const get = async (): Promise<Readable> => {
    const wire = {
      method: 'GET',
      target: `/${content.length}`,
      headers: HOST,
      body: undefined,
      streamed: true,
    } as const;
    return (await transport.send(wire, signal)).stream!;
  };
  const collect = async (): Promise<Buffer> => {
    const wire = { method: 'GET', target: `/${short.length}`, headers: HOST, body: undefined, streamed: true } as const;
    return (await transport.send({ ...wire, collectUpTo: short.length }, signal)).body;
  };
  const put = async (body: Readable | Buffer): Promise<string> => {
    const headers = [...HOST, 'content-length', String(Buffer.isBuffer(body) ? body.length : content.length)];
    return (
      await transport.send({ method: 'PUT', target: '/', headers, body, streamed: false }, signal)
    ).body.toString();
  };
  /** Some directly, some through a stream that takes little at once. */
  const relay = async (index: number): Promise<string> => {
    const body = await get();
    return put(index % 2 === 0 ? body : body.pipe(new PassThrough({ highWaterMark: 1000 * index })));
  };

  it('is byte for byte, many at once and at any pace, while memory is used again', async () => {
    const expected = Array.from({ length: RELAYS }, () => sha256(content));
    for (let round = 0; round < ROUNDS; round++)
      expect(await Promise.all(Array.from({ length: RELAYS }, (_, index) => relay(index)))).toEqual(expected);
  });

  it('leaves what one reader keeps as it was, while others are relayed', async () => {
    const kept: Buffer[] = [];
    const body = await get();
    for await (const chunk of body) {
      kept.push(chunk as Buffer);
      if (kept.length === 5) await Promise.all([relay(0), relay(1)]);
    }
    await relay(0);
    expect(sha256(Buffer.concat(kept))).toBe(sha256(content));
  });

  it('may collect first, each body in memory that is not used again before it is given back', async () => {
    const kept = await collect();
    const relayed = async (): Promise<string> => {
      const body = await collect();
      const answer = await put(body);
      giveBack(body);
      return answer;
    };
    for (let round = 0; round < ROUNDS; round++)
      expect(new Set(await Promise.all(Array.from({ length: RELAYS }, relayed)))).toEqual(new Set([sha256(short)]));
    expect(sha256(kept)).toBe(sha256(short));
  });

  it('goes on after relays that were given up half way', async () => {
    const givenUp = Array.from({ length: RELAYS }, async () => {
      const stop = new AbortController();
      const body = await get();
      const headers = [...HOST, 'content-length', String(content.length)];
      body.once('data', () => setImmediate(() => stop.abort(new Error('stopped'))));
      const wire = { method: 'PUT', target: '/', headers, body, streamed: false } as const;
      await expect(transport.send(wire, stop.signal)).rejects.toThrow('stopped');
      return relay(2);
    });
    expect(new Set(await Promise.all(givenUp))).toEqual(new Set([sha256(content)]));
  });
});
