import { createHash } from 'node:crypto';
import { canonicalRequest, signatureOf } from './canonical-request.js';

const PROJECT = '0123456789abcdef0123456789abcdef';
const TASK = `/v2/${PROJECT}/sync-tasks/31e9b7e6-6ffb-452f-9842-000000000001`;
const DATE = '20260115T080910Z';
const SECRET_KEY = 'omsVectorSecretKey0123456789abcdefABCDEF';
const EVENT = '{"object_keys":["dir%2Fa%20b.txt","%E6%B5%8B%2F1.bin"]}';
const STATISTICS = `${TASK}/statistics?data_type=REQUEST%2CSUCCESS&start_time=1768406400000&end_time=1768492800000`;

const sdk = { host: '127.0.0.1:8085', 'x-project-id': PROJECT, 'x-sdk-date': DATE };
const terraform = {
  accept: 'application/json',
  'content-type': 'application/json',
  'user-agent': 'golangsdk/2.0.0',
  'x-sdk-date': DATE,
};

const canonical = (method: string, url: string, headers: Record<string, string>, body = '') =>
  canonicalRequest({
    method,
    url,
    header: (name) => headers[name],
    signedHeaders: Object.keys(headers).sort(),
    body: Buffer.from(body),
  });

describe('the signature of', () => {
  it.each([
    [
      'an event posted by an SDK',
      canonical('POST', `${TASK}/events`, { 'content-type': 'application/json;charset=UTF-8', ...sdk }, EVENT),
      'c2708205927f3f7536848f2cabf8ddacbd1af21a154b799fd851cb32162d3547',
      'ca4f37042d24b287a4de8ed30be7a90c33a08124d222e758a67d9624f90b4175',
    ],
    [
      'statistics asked for by an SDK',
      canonical('GET', STATISTICS, { 'content-type': 'application/json', ...sdk }),
      'd671aa89526fe69169c95cb15570947ff6410716b4fb916bdca5d954bd725757',
      'a02548413f0313b675d944e364c30a70d5a035820f21a302479ab4ce07fa8871',
    ],
    [
      'statistics asked for by Terraform',
      canonical('GET', STATISTICS, terraform),
      '405fc2fd07b699602d3a259c3bbfe66e6a4378b4bf5af21a8bc1571311f12fd5',
      '56a6f3523f31db0b7020293ecf56b7e02e1fb2427b1628b7ce45b5b06539b3a2',
    ],
    [
      'an event posted by Terraform',
      canonical('POST', `${TASK}/events`, terraform, `${EVENT}\n`),
      'b9f12d507b44581b1a69291b38a03163cc71e3cc4c06770b6ba780c283b94385',
      'a57780209d461ddd1ff7c85ec0570260a6d5c3f13b636e1ba98f5e86030253a5',
    ],
  ])('%s is that of the published vector', (_what, request, hash, signature) => {
    expect(createHash('sha256').update(request).digest('hex')).toBe(hash);
    expect(signatureOf(request, DATE, SECRET_KEY)).toBe(signature);
  });
});

describe('the canonical form', () => {
  it('is the same for a path in escapes and one without', () =>
    expect(canonical('GET', '/v2/p%2Fq%3Ar', {})).toBe(canonical('GET', '/v2/p/q:r', {})));

  it('sorts a query by name, then by value, and gives a bare name an empty value', () =>
    expect(canonical('GET', '/?b=2&a=%2a&b=1&c', {}).split('\n')[2]).toBe('a=%2A&b=1&b=2&c='));
});
