import { createHmac } from 'node:crypto';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ManualClock } from '../../../test/support/manual-clock.js';
import { Notifier, type NotifierOptions } from './notifier.js';

const URN = 'urn:smn:cn-north-4:p:topic';
const SECRET = 'shared';
const notification = { topicUrn: URN, messageId: 'm-1', subject: 'About it', message: 'It is done' };

describe('the notifier', () => {
  let server: Server;
  let answers: (number | 'hang' | 'cut')[];
  let received: { readonly headers: IncomingMessage['headers']; readonly body: string }[];

  beforeEach(async () => {
    answers = [];
    received = [];
    server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        received.push({ headers: request.headers, body: Buffer.concat(chunks).toString() });
        const answer = answers.shift() ?? 200;
        if (answer === 'cut') request.socket.destroy();
        else if (answer !== 'hang') response.writeHead(answer, { Location: 'http://127.0.0.1:1/' }).end('{}');
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  });
  afterEach(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });

  const clock = new ManualClock('2030-01-02T03:04:05.678Z');
  const deliver = (options: Partial<NotifierOptions> = {}, signal = new AbortController().signal) => {
    const { port } = server.address() as AddressInfo;
    const topics = { [URN]: { url: `http://127.0.0.1:${port}/hook`, secret: SECRET } };
    const backoff = { baseDelayMs: 1, maxDelayMs: 1 };
    const notifier = new Notifier({ topics, attempts: 3, timeoutMs: 2000, backoff, ...options }, clock);
    return notifier.deliver(notification, signal);
  };

  it('posts what SMN would, signed with the secret of the topic', async () => {
    expect(await deliver()).toBeUndefined();
    const [{ headers, body } = { headers: {}, body: '' }] = received;
    expect(JSON.parse(body)).toEqual({
      type: 'Notification',
      topic_urn: URN,
      message_id: 'm-1',
      subject: 'About it',
      message: 'It is done',
      timestamp: '2030-01-02T03:04:05.678Z',
      signature_version: 'v1',
    });
    const timestamp = headers['x-openoms-timestamp'];
    expect(timestamp).toBe('2030-01-02T03:04:05.678Z');
    const mac = createHmac('sha256', SECRET)
      .update(`${String(timestamp)}.${body}`)
      .digest('hex');
    expect(headers['x-openoms-signature']).toBe(`v1=${mac}`);
    expect(headers['content-type']).toBe('application/json; charset=utf-8');
  });

  it('tries again what may go better, the same message each time', async () => {
    answers = [503, 'cut', 204];
    expect(await deliver()).toBeUndefined();
    expect(received.map(({ body }) => (JSON.parse(body) as { message_id: string }).message_id)).toEqual([
      'm-1',
      'm-1',
      'm-1',
    ]);
  });

  it.each([
    [400, 'OMS.0156', 1],
    [302, 'OMS.0156', 1],
    [403, 'OMS.0158', 1],
    [404, 'OMS.0157', 1],
    [429, 'OMS.0160', 3],
    [500, 'OMS.0156', 3],
    ['cut', 'OMS.0161', 3],
  ] as const)('gives up on answer %s with %s after %i tries', async (answer, code, tries) => {
    answers = [answer, answer, answer];
    expect(await deliver()).toBe(code);
    expect(received).toHaveLength(tries);
  });

  it('waits no longer for an answer than it may', async () => {
    answers = ['hang'];
    expect(await deliver({ attempts: 1, timeoutMs: 50 })).toBe('OMS.0161');
  });

  it('knows no other topics than the configured ones', async () => {
    expect(await deliver({ topics: {} })).toBe('OMS.0157');
    expect(received).toHaveLength(0);
  });

  it('ends when it is told to', async () => {
    answers = ['hang'];
    const stopping = new AbortController();
    const delivery = deliver({}, stopping.signal);
    stopping.abort(new Error('stopping'));
    await expect(delivery).rejects.toThrow('stopping');
  });
});
