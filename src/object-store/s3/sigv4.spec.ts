import { SignatureV4 } from '@smithy/signature-v4';
import { createHash, createHmac } from 'node:crypto';
import fc from 'fast-check';
import { StoreError } from '../object-store.port.js';
import { EMPTY_SHA256, SigV4Signer, UNSIGNED_PAYLOAD, sha256Hex, type HeaderPair } from './sigv4.js';
import { canonicalQuery, encodePath } from './uri.js';

/** Node's hashes in the shape that the SDK's signer asks for. */
class SdkHash {
  private readonly hash;
  constructor(secret?: string | ArrayBuffer | ArrayBufferView) {
    this.hash = secret === undefined ? createHash('sha256') : createHmac('sha256', binary(secret));
  }
  update(chunk: string | ArrayBuffer | ArrayBufferView): void {
    this.hash.update(binary(chunk));
  }
  digest(): Promise<Uint8Array> {
    return Promise.resolve(this.hash.digest());
  }
}

const binary = (data: string | ArrayBuffer | ArrayBufferView): Buffer | string =>
  typeof data === 'string'
    ? data
    : ArrayBuffer.isView(data)
      ? Buffer.from(data.buffer, data.byteOffset, data.byteLength)
      : Buffer.from(data);

const at = new Date('2026-02-03T04:05:06.789Z');
const credentials = { accessKey: 'AKIDEXAMPLE', secretKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY' };
const host = '127.0.0.1:9000';

interface Probe {
  readonly method: string;
  readonly key: string;
  readonly query: readonly (readonly [string, string])[];
  readonly headers: readonly HeaderPair[];
  readonly payloadHash: string;
  readonly securityToken?: string;
}

function ours(probe: Probe): string | undefined {
  const { securityToken } = probe;
  const signer = new SigV4Signer({ ...credentials, ...(securityToken && { securityToken }) }, 'eu-west-3', () =>
    at.getTime(),
  );
  const sorted = [...probe.query].sort(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  const path = `/bucket/${encodePath(probe.key)}`;
  const sent = signer.sign({ ...probe, path, query: canonicalQuery(sorted), host });
  return sent[sent.indexOf('authorization') + 1];
}

async function theirs(probe: Probe): Promise<string | undefined> {
  const signer = new SignatureV4({
    service: 's3',
    region: 'eu-west-3',
    sha256: SdkHash,
    uriEscapePath: false,
    credentials: {
      accessKeyId: credentials.accessKey,
      secretAccessKey: credentials.secretKey,
      ...(probe.securityToken && { sessionToken: probe.securityToken }),
    },
  });
  const request = {
    protocol: 'http:',
    hostname: '127.0.0.1',
    method: probe.method,
    path: `/bucket/${encodePath(probe.key)}`,
    query: Object.fromEntries(probe.query),
    headers: { host, 'x-amz-content-sha256': probe.payloadHash, ...Object.fromEntries(probe.headers) },
  };
  return (await signer.sign(request, { signingDate: at })).headers['authorization'];
}

const hostile = [
  'plain',
  'a b',
  'p+q',
  '100%',
  '%2F%41',
  'a//b',
  '/lead',
  'end/',
  'a/./b',
  'a/../b',
  '..',
  './x',
  '世界/é',
  '😀/𝒳',
  'new\nline',
  'tab\tcr\r',
  '\u0001\u001f\u007f',
  '?q=1&r',
  '#frag',
  "*'()!~",
  '~-._',
  '\u00a0\u2028',
  '=&;:@$,',
  '\\',
  '"<>`{}|^[]',
  'k'.repeat(1024),
  '世'.repeat(341),
];
const key = fc.oneof(
  fc.constantFrom(...hostile),
  fc
    .array(fc.constantFrom(...hostile.filter((each) => each.length < 20)), { minLength: 1, maxLength: 4 })
    .map((parts) => parts.join('/')),
  fc.string({ unit: 'grapheme', minLength: 1, maxLength: 60 }),
  fc.string({ unit: 'binary', minLength: 1, maxLength: 60 }).filter((text) => !/\p{Surrogate}/u.test(text)),
);
const header = fc.stringMatching(/^x-amz-meta-[a-z0-9-]{1,12}$/);
const probe: fc.Arbitrary<Probe> = fc.record(
  {
    method: fc.constantFrom('GET', 'PUT', 'HEAD', 'POST', 'DELETE'),
    key,
    query: fc.uniqueArray(fc.tuple(fc.stringMatching(/^[a-zA-Z][a-zA-Z-]{0,15}$/), key), {
      selector: ([name]) => name,
      maxLength: 4,
    }),
    headers: fc.uniqueArray(
      fc.tuple(header, fc.string({ unit: fc.constantFrom(...Array.from('aZ09 \t=;,"/+é世😀')) })),
      {
        selector: ([name]) => name,
        maxLength: 5,
      },
    ),
    payloadHash: fc.oneof(fc.constantFrom(UNSIGNED_PAYLOAD, EMPTY_SHA256), fc.string().map(sha256Hex)),
    securityToken: fc.stringMatching(/^[A-Za-z0-9/+=]{10,80}$/),
  },
  { requiredKeys: ['method', 'key', 'query', 'headers', 'payloadHash'] },
);

describe('signing', () => {
  it('agrees with the SDK on any key, query, headers and payload', async () => {
    await fc.assert(
      fc.asyncProperty(probe, async (each) => {
        expect(ours(each)).toBe(await theirs(each));
      }),
      { numRuns: 600 },
    );
  });

  it.each(hostile)('agrees with the SDK on the key %j', async (each) => {
    const request = {
      method: 'PUT',
      key: each,
      query: [['prefix', each]],
      headers: [],
      payloadHash: EMPTY_SHA256,
    } as const;
    expect(ours(request)).toBe(await theirs(request));
  });

  it('derives a new key when the day changes, and signs with the time of the request', () => {
    let now = Date.parse('2026-02-03T23:59:59.999Z');
    const signer = new SigV4Signer(credentials, 'us-east-1', () => now);
    const request = { method: 'GET', path: '/', query: '', host, payloadHash: EMPTY_SHA256, headers: [] };
    const before = signer.sign(request);
    now += 1;
    const after = signer.sign(request);
    const fresh = new SigV4Signer(credentials, 'us-east-1', () => now).sign(request);
    expect(before.join()).toContain('20260203T235959Z');
    expect(after.join()).toContain('Credential=AKIDEXAMPLE/20260204/us-east-1/s3/aws4_request');
    expect(after).toEqual(fresh);
  });
});

describe('a key in a path', () => {
  it('decodes to itself and is never normalized', () => {
    fc.assert(
      fc.property(key, (each) => {
        const path = encodePath(each);
        expect(decodeURIComponent(path)).toBe(each);
        expect(path).toMatch(/^(?:[A-Za-z0-9\-._~/]|%[0-9A-F]{2})*$/);
      }),
    );
  });

  it('is refused when it is not well-formed Unicode', () => {
    expect(() => encodePath('\ud800')).toThrow(StoreError);
  });
});
