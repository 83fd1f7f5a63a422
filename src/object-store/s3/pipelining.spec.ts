import type { Socket } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { selfSignedCertificate } from '../../../test/support/eventstoredb/index.js';
import { type ReceivedRequest, RequestServer, smallGet } from '../../../test/support/request-server.js';
import { fixedDepth } from './pipeline-depth.js';
import { SocketTransport } from './socket-transport.js';
import type { S3WireRequest, S3WireResponse } from './transport.js';

const DEPTH = 8;
const { signal } = new AbortController();
const get = (target: string, overrides: Partial<S3WireRequest> = {}): S3WireRequest => ({
  ...smallGet(target),
  ...overrides,
});
const put = (target: string, content: string): S3WireRequest =>
  get(target, { method: 'PUT', body: Buffer.from(content), streamed: false });
const targets = (count: number): string[] => Array.from({ length: count }, (_, index) => `/${index}`);
const answerTo = ({ method, target, body }: ReceivedRequest): string => {
  const content = `${method} ${target} ${body}`;
  return `HTTP/1.1 200 OK\r\ncontent-length: ${content.length}\r\n\r\n${method === 'HEAD' ? '' : content}`;
};
const textOf = ({ body }: S3WireResponse): string => body.toString('latin1');

describe.each(['http', 'https'])('pipelining over %s', (scheme) => {
  const certificate = scheme === 'https' ? selfSignedCertificate() : undefined;
  let server: RequestServer;
  let transport: SocketTransport;

  const open = async (connections: number, depth = DEPTH): Promise<void> => {
    const origin = await server.listen();
    const trusted = certificate === undefined ? {} : { trustedCertificates: certificate.cert };
    const times = { requestTimeoutMs: 3000, idleTimeoutMs: 3000 };
    transport = new SocketTransport({ origin, connections, ...times, ...trusted }, fixedDepth(depth));
    server.answer = (request) => request.socket.write(answerTo(request));
    await transport.send(get('/first'), signal);
    server.pieces.length = 0;
  };
  beforeEach(() => {
    server = new RequestServer(certificate);
  });
  afterEach(async () => {
    await transport.close();
    await server.close();
  });
  const send = (requests: readonly S3WireRequest[]): Promise<S3WireResponse[]> =>
    Promise.all(requests.map((request) => transport.send(request, signal)));
  const getAll = (of: readonly string[]): Promise<S3WireResponse[]> => send(of.map((target) => get(target)));

  it('sends what comes in one turn in one piece, on a connection that has answered before', async () => {
    await open(1);
    expect((await getAll(targets(DEPTH))).map(textOf)).toEqual(targets(DEPTH).map((target) => `GET ${target} `));
    expect(server.pieces).toEqual([targets(DEPTH)]);
    expect(server.connections).toBe(1);
  });

  it('sends one after the other when the depth is one, and on a connection that has answered nothing yet', async () => {
    await open(1, 1);
    await getAll(targets(DEPTH));
    expect(server.pieces).toEqual(targets(DEPTH).map((target) => [target]));
    await transport.close();
    await server.close();
    server = new RequestServer(certificate);
    await open(2);
    await getAll(['/a', '/b', '/c']);
    await getAll(['/d', '/e', '/f']);
    expect(server.pieces).toEqual([
      ['/a', '/b', '/c'],
      ['/d', '/e', '/f'],
    ]);
  });

  it('has no more than its depth on one connection', async () => {
    await open(1);
    await getAll(targets(2 * DEPTH + 3));
    expect(server.pieces.map(({ length }) => length)).toEqual([DEPTH, DEPTH, 3]);
  });

  it('writes bodies with their heads', async () => {
    await open(1);
    const bodies = ['a', '', 'x'.repeat(5000), 'b'];
    const answers = await send(bodies.map((body, index) => put(`/${index}`, body)));
    expect(answers.map(textOf)).toEqual(bodies.map((body, index) => `PUT /${index} ${body}`));
    expect(server.connections).toBe(1);
  });

  it('gives each of many requests its own answer', async () => {
    await open(5);
    const requests = targets(100).map((target, index) =>
      index % 3 === 0 ? get(target) : put(target, `${index}:`.repeat(index)),
    );
    for (let round = 0; round < 3; round++)
      expect((await send(requests)).map(textOf)).toEqual(
        requests.map(
          ({ method, target, body }) => `${method} ${target} ${Buffer.isBuffer(body) ? body.toString() : ''}`,
        ),
      );
    expect(server.pieces.length).toBeLessThan(200);
  });

  it.each([1, 7, 50])('takes answers in pieces of %i bytes', async (bytes) => {
    await open(1);
    let all = '';
    server.answer = (request) => {
      all += answerTo(request);
      if (request.target !== `/${DEPTH - 1}`) return;
      for (let at = 0; at < all.length; at += bytes) request.socket.write(all.slice(at, at + bytes));
    };
    expect((await getAll(targets(DEPTH))).map(textOf)).toEqual(targets(DEPTH).map((target) => `GET ${target} `));
    expect(server.connections).toBe(1);
  });

  it.each([
    ['404 with content', 'HTTP/1.1 404 x\r\ncontent-length: 4\r\n\r\ngone', 404, 'gone'],
    ['503 without content', 'HTTP/1.1 503 x\r\ncontent-length: 0\r\n\r\n', 503, ''],
    ['304', 'HTTP/1.1 304 x\r\ncontent-length: 9\r\n\r\n', 304, ''],
    ['interim answer before it', 'HTTP/1.1 100 x\r\n\r\nHTTP/1.1 200 x\r\ncontent-length: 2\r\n\r\nok', 200, 'ok'],
  ])('takes a %s among others', async (_what, answer, status, content) => {
    await open(1);
    server.answer = (request) => request.socket.write(request.target === '/3' ? answer : answerTo(request));
    const answers = await getAll(targets(DEPTH));
    expect(answers.map(({ status }) => status)).toEqual(targets(DEPTH).map((_, index) => (index === 3 ? status : 200)));
    expect(answers.map(textOf)[3]).toBe(content);
    expect(server.connections).toBe(1);
  });

  it('takes a body in chunks among others', async () => {
    await open(1);
    const chunked = 'HTTP/1.1 403 x\r\ntransfer-encoding: chunked\r\n\r\n2\r\nno\r\n0\r\n\r\n';
    server.answer = (request) => request.socket.write(request.target === '/1' ? chunked : answerTo(request));
    expect((await getAll(['/0', '/1', '/2'])).map(textOf)).toEqual(['GET /0 ', 'no', 'GET /2 ']);
    expect(server.connections).toBe(1);
  });

  it('takes a HEAD among others', async () => {
    await open(1);
    const answers = await send([get('/0'), get('/1', { method: 'HEAD', streamed: false }), get('/2')]);
    expect(answers.map(textOf)).toEqual(['GET /0 ', '', 'GET /2 ']);
    expect(answers[1]?.headers.get('content-length')).toBe(String('HEAD /1 '.length));
    expect(server.pieces).toEqual([['/0', '/1', '/2']]);
  });

  it('streams an answer that is longer than expected, and asks again elsewhere for those behind it', async () => {
    await open(2);
    const long = 'HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n';
    let full: Socket | undefined;
    server.answer = (request) => {
      if (request.target === '/1') (full = request.socket).write(long);
      else if (request.socket !== full) request.socket.write(answerTo(request));
    };
    const [before, streamed, ...behind] = await getAll(['/0', '/1', '/2', '/3']);
    expect([before, ...behind].map((answer) => textOf(answer!))).toEqual(['GET /0 ', 'GET /2 ', 'GET /3 ']);
    full?.write('x'.repeat(100_000));
    expect((await buffer(streamed!.stream!)).length).toBe(100_000);
    expect([server.times('/0'), server.times('/1'), server.times('/2'), server.times('/3')]).toEqual([1, 1, 2, 2]);
    expect(textOf(await transport.send(get('/4'), signal))).toBe('GET /4 ');
  });

  it('fails by itself what cannot be sent', async () => {
    await open(1);
    const [good, bad, also] = await Promise.allSettled(
      [get('/0'), get('/a b'), get('/1')].map((request) => transport.send(request, signal)),
    );
    expect([good?.status, also?.status]).toEqual(['fulfilled', 'fulfilled']);
    expect(bad).toMatchObject({ status: 'rejected', reason: { kind: 'invalid' } });
    expect(server.pieces).toEqual([['/0', '/1']]);
  });

  it('leaves long requests and those that take their time a connection to themselves', async () => {
    await open(4);
    const listing = get('/list', { streamed: false });
    const stream = get('/stream', { collectUpTo: undefined });
    const remove = get('/delete', { method: 'DELETE', streamed: false });
    await send([get('/0'), listing, get('/1'), stream, get('/2'), remove]);
    expect(server.pieces).toContainEqual(['/0', '/1', '/2']);
    for (const alone of ['/list', '/stream', '/delete']) expect(server.pieces).toContainEqual([alone]);
  });

  it('sends one after the other to a server of HTTP/1.0', async () => {
    await open(1);
    const old = 'HTTP/1.0 200 OK\r\nconnection: keep-alive\r\ncontent-length: 0\r\n\r\n';
    server.answer = ({ socket }) => socket.write(old);
    await transport.send(get('/old'), signal);
    server.pieces.length = 0;
    await getAll(['/0', '/1', '/2']);
    expect(server.pieces).toEqual([['/0'], ['/1'], ['/2']]);
    expect(server.connections).toBe(1);
  });
});
