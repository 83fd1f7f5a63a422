import { createHash } from 'node:crypto';
import { S3Client, type PayloadSigning, type S3Call } from './client.js';
import { NO_HEADERS } from './response-headers.js';
import { SigV4Signer } from './sigv4.js';
import type { S3WireRequest } from './transport.js';

const { signal } = new AbortController();
const body = Buffer.from('content');
const sha256 = createHash('sha256').update(body).digest('hex');
const md5 = ['content-md5', createHash('md5').update(body).digest('base64')] as const;

/** What goes over the wire for a call. */
async function sent(call: S3Call, origin: string, payload?: PayloadSigning): Promise<S3WireRequest> {
  const requests: S3WireRequest[] = [];
  const transport = {
    send: (request: S3WireRequest) => {
      requests.push(request);
      return Promise.resolve({ status: 200, headers: NO_HEADERS, body: Buffer.alloc(0), stream: undefined });
    },
    close: () => Promise.resolve(),
  };
  const signer = new SigV4Signer({ accessKey: 'a', secretKey: 's' }, 'local');
  await new S3Client({ origin, host: 'h', basePath: '/b/' }, signer, transport, payload).exchange(call, signal);
  return requests[0]!;
}

const payloadOf = ({ headers }: S3WireRequest): string | undefined =>
  headers[headers.indexOf('x-amz-content-sha256') + 1];

describe('the client', () => {
  it.each([
    ['is signed over http', 'http://h', undefined, [], sha256],
    ['is not signed where TLS protects it', 'https://h', undefined, [], 'UNSIGNED-PAYLOAD'],
    ['is not signed where a signed MD5 protects it', 'http://h', undefined, [md5], 'UNSIGNED-PAYLOAD'],
    ['is signed where the service wants it', 'https://h', 'always', [md5], sha256],
    ['is not signed where the service cannot', 'http://h', 'never', [], 'UNSIGNED-PAYLOAD'],
  ] as const)('a body %s', async (_how, origin, payload, signed, expected) => {
    expect(payloadOf(await sent({ method: 'PUT', key: 'k', body, signed }, origin, payload))).toBe(expected);
  });

  it('signs the MD5 that stands for the body', async () => {
    const { headers } = await sent({ method: 'PUT', key: 'k', body, signed: [md5] }, 'http://h');
    expect(headers[headers.indexOf('authorization') + 1]).toMatch(/SignedHeaders=content-md5;host;/);
  });

  it.each(['signed', 'unsigned'])('sends values of %s headers as their UTF-8 bytes', async (how) => {
    const { headers } = await sent({ method: 'PUT', key: 'k', [how]: [['x-name', 'é\t世']] }, 'http://h');
    expect(Buffer.from(headers[headers.indexOf('x-name') + 1] ?? '', 'latin1').toString('utf8')).toBe('é\t世');
  });

  it.each(['a\nb', 'a\r\nx: y', '\0', '\x7f', 'é\x1f'])('refuses the value %j before it is sent', async (value) => {
    for (const how of ['signed', 'unsigned'])
      await expect(sent({ method: 'PUT', key: 'k', [how]: [['x-name', value]] }, 'http://h')).rejects.toMatchObject({
        kind: 'invalid',
      });
  });

  it('says up to where a body is to be collected', async () => {
    const call = { method: 'GET', key: 'k', streamed: true } as const;
    expect((await sent({ ...call, collectUpTo: 10 }, 'http://h')).collectUpTo).toBe(10);
    expect((await sent(call, 'http://h')).collectUpTo).toBeUndefined();
  });
});
