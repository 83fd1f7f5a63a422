import { once } from 'node:events';
import type { Socket } from 'node:net';
import { type ReceivedRequest, RequestServer, smallGet as get } from '../../../test/support/request-server.js';
import { fixedDepth } from './pipeline-depth.js';
import { SocketTransport } from './socket-transport.js';
import type { S3WireRequest, S3WireResponse } from './transport.js';

const TARGETS = ['/0', '/1', '/2', '/3', '/4', '/5'];
const AFTER = ['/a', '/b', '/c'];
const { signal } = new AbortController();
const put = (target: string): S3WireRequest => ({ ...get(target), method: 'PUT', body: Buffer.from(`of ${target}`) });
const answerWith = (content: string, headers = ''): string =>
  `HTTP/1.1 200 OK\r\n${headers}content-length: ${content.length}\r\n\r\n${content}`;
const contentFor = ({ target, body }: ReceivedRequest): string => target + body;
const answer = (request: ReceivedRequest): void => void request.socket.write(answerWith(contentFor(request)));

describe('pipelining', () => {
  let server: RequestServer;
  let transport: SocketTransport;

  const open = async (connections: number, requestTimeoutMs = 3000): Promise<void> => {
    const origin = await server.listen();
    const options = { origin, connections, requestTimeoutMs, idleTimeoutMs: 60_000 };
    transport = new SocketTransport(options, fixedDepth(8));
    server.answer = answer;
    await Promise.all(Array.from({ length: connections }, () => transport.send(get('/first'), signal)));
    server.pieces.length = 0;
  };
  beforeEach(() => {
    server = new RequestServer();
  });
  afterEach(async () => {
    await transport.close();
    await server.close();
  });
  const settle = (requests: readonly S3WireRequest[]): Promise<PromiseSettledResult<S3WireResponse>[]> =>
    Promise.allSettled(requests.map((request) => transport.send(request, signal)));
  const contentOf = (result: PromiseSettledResult<S3WireResponse> | undefined): string =>
    result?.status === 'fulfilled' ? result.value.body.toString() : 'failed';
  const timesAsked = (): number[] => TARGETS.map((target) => server.times(target));
  /** Answers as ever until `/3` comes for the first time. */
  const until3 = (then: (socket: Socket) => void): void => {
    let broken: Socket | undefined;
    server.answer = (request) => {
      if (request.target === '/3' && broken === undefined) {
        broken = request.socket;
        then(broken);
      } else if (request.socket !== broken) answer(request);
    };
  };

  it.each([
    ['ends', (socket: Socket) => void socket.end()],
    ['is reset', (socket: Socket) => setImmediate(() => socket.resetAndDestroy())],
    ['is no longer HTTP', (socket: Socket) => void socket.write('nonsense\r\n\r\n')],
    ['is silent too long', () => undefined],
  ])('fails only the request whose answer is due when its connection %s', async (what, breaks) => {
    await open(4, what === 'is silent too long' ? 200 : 3000);
    until3(breaks);
    const results = await settle(TARGETS.map((target, index) => (index % 2 === 0 ? get(target) : put(target))));
    expect(results.map(contentOf)).toEqual(['/0', '/1of /1', '/2', 'failed', '/4', '/5of /5']);
    const kind = what === 'is silent too long' ? 'timeout' : 'connection';
    expect(results[3]).toMatchObject({ reason: { name: 'StoreError', kind } });
    expect(server.pieces[0]).toEqual(TARGETS);
    expect(timesAsked()).toEqual([1, 1, 1, 1, 2, 2]);
  });

  it('does not pipeline for a while after such a failure', async () => {
    await open(3);
    until3((socket) => socket.end());
    await settle(TARGETS.map(get));
    server.pieces.length = 0;
    expect((await settle([...AFTER, ...TARGETS].map(get))).map(contentOf)).toEqual([...AFTER, ...TARGETS]);
    expect(new Set(server.pieces.map(({ length }) => length))).toEqual(new Set([1]));
  });

  it('fails a request that was asked again and meets the same once more', async () => {
    await open(3);
    server.answer = (request) => {
      if (request.target === '/0' || request.target === '/3') request.socket.destroy();
      else answer(request);
    };
    expect((await settle(TARGETS.map(get))).map(contentOf)).toEqual(['failed', '/1', '/2', 'failed', '/4', '/5']);
    expect(server.times('/3')).toBe(2);
  });

  it.each([
    ['at once', 0],
    ['after a long service', 200],
  ])('asks elsewhere what a server does not answer that closes %s', async (_when, served) => {
    await open(3);
    for (let at = 0; at < served; at++) await transport.send(get('/served'), signal);
    server.answer = (request) => {
      if (request.target === '/3') request.socket.end(answerWith('/3', 'connection: close\r\n'));
      else if (!request.socket.writableEnded) answer(request);
    };
    expect((await settle(TARGETS.map(get))).map(contentOf)).toEqual(TARGETS);
    expect(timesAsked()).toEqual([1, 1, 1, 1, 2, 2]);
    expect(server.pieces.slice(-2).sort()).toEqual([['/4'], ['/5']]);
    server.pieces.length = 0;
    await settle(AFTER.map(get));
    expect(server.pieces.some(({ length }) => length > 1)).toBe(served > 100);
  });

  it.each([
    ['first', 0],
    ['middle', 3],
    ['last', 5],
  ])('reads past the answer to the %s of them when that is aborted', async (_which, index) => {
    await open(1);
    const arrived = new Promise<void>((resolve) => {
      server.answer = ({ target }) => target === '/5' && resolve();
    });
    const stop = new AbortController();
    const sent = TARGETS.map((target, at) => transport.send(get(target), at === index ? stop.signal : signal));
    const results = Promise.allSettled(sent);
    await arrived;
    const reason = new Error('stopped');
    stop.abort(reason);
    await expect(sent[index]).rejects.toBe(reason);
    for (const request of server.requests) if (request.target !== '/first') answer(request);
    expect((await results).map(contentOf)).toEqual(TARGETS.map((target, at) => (at === index ? 'failed' : target)));
    server.answer = answer;
    expect((await transport.send(get('/next'), signal)).body.toString()).toBe('/next');
    expect(server.connections).toBe(1);
  });

  it('does not read past a long answer to one of them that is aborted', async () => {
    await open(2);
    const stop = new AbortController();
    server.answer = (request) => {
      if (request.target !== '/3') answer(request);
      else request.socket.write('HTTP/1.1 200 OK\r\ncontent-length: 1000000000\r\n\r\nx');
      if (request.target === '/2') stop.abort(new Error('stopped'));
    };
    const sent = TARGETS.map((target) => transport.send(get(target), target === '/3' ? stop.signal : signal));
    expect((await Promise.allSettled(sent)).map(contentOf)).toEqual(['/0', '/1', '/2', 'failed', '/4', '/5']);
    const socket = server.requests.find(({ target }) => target === '/3')?.socket;
    if (socket?.destroyed === false) await once(socket, 'close');
  });

  it('gives the connection up when all of them are aborted, and trusts the server all the same', async () => {
    await open(1, 60_000);
    const stop = new AbortController();
    server.answer = ({ target }) => target === '/5' && stop.abort(new Error('stopped'));
    const results = await Promise.allSettled(TARGETS.map((target) => transport.send(get(target), stop.signal)));
    expect(new Set(results.map(({ status }) => status))).toEqual(new Set(['rejected']));
    server.answer = answer;
    await transport.send(get('/next'), signal);
    server.pieces.length = 0;
    await settle(AFTER.map(get));
    expect(server.pieces).toEqual([AFTER]);
    expect(server.connections).toBe(2);
  });

  it('does not send what is aborted in the same turn', async () => {
    await open(1);
    const stop = new AbortController();
    const aborted = transport.send(get('/0'), stop.signal);
    const others = settle(AFTER.map(get));
    stop.abort(new Error('stopped'));
    await expect(aborted).rejects.toThrow('stopped');
    expect((await others).map(contentOf)).toEqual(AFTER);
    expect(server.pieces).toEqual([AFTER]);
    const again = new AbortController();
    const alone = transport.send(get('/1'), again.signal);
    again.abort(new Error('stopped'));
    await expect(alone).rejects.toThrow('stopped');
    expect(contentOf((await settle([get('/2')]))[0])).toBe('/2');
    expect([server.connections, server.times('/0'), server.times('/1')]).toEqual([1, 0, 0]);
  });

  it('gives a connection up that says more than it was asked', async () => {
    await open(1);
    server.answer = (request) => {
      answer(request);
      if (request.target === '/5') request.socket.write(answerWith('wrong'));
    };
    expect((await settle(TARGETS.map(get))).map(contentOf)).toEqual(TARGETS);
    server.answer = answer;
    expect((await transport.send(get('/next'), signal)).body.toString()).toBe('/next');
    expect(server.connections).toBe(2);
  });

  it('fails each of them once when the transport is closed', async () => {
    await open(2);
    const arrived = new Promise<void>((resolve) => {
      server.answer = ({ target }) => target === '/5' && resolve();
    });
    const results = settle(TARGETS.map(get));
    await arrived;
    const notSent = settle(AFTER.map(get));
    await transport.close();
    for (const result of [...(await results), ...(await notSent)])
      expect(result).toMatchObject({ status: 'rejected', reason: { kind: 'connection' } });
    expect(timesAsked()).toEqual([1, 1, 1, 1, 1, 1]);
  });
});
