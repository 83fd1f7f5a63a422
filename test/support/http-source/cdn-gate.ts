import { createHash, createHmac } from 'node:crypto';
import type { CdnAuthentication } from '../../../src/object-store/http/cdn/cdn.js';
import type { Gate, SeenRequest } from './http-source.js';

export interface CdnGateOptions {
  /** Alibaba's and Tencent's key, or the SAS token without its question mark. */
  readonly key?: string;
  /** Qiniu's and Kingsoft's. */
  readonly accessKey?: string;
  readonly secretKey?: string;
  /** Kingsoft's signatures are of the bucket. */
  readonly bucket?: string;
  /** How long a URL holds that says when it was signed. */
  readonly validSeconds?: number;
  readonly now?: () => number;
}

/** What a signed request turns out to be; nothing for a wrong or missing signature. */
interface Signed {
  readonly path: string;
  /** Seconds since the epoch. */
  readonly signedAt?: number;
  readonly expiresAt?: number;
}

type Check = (request: SeenRequest, origin: string, options: CdnGateOptions) => Signed | undefined;

const md5 = (text: string): string => createHash('md5').update(text, 'utf8').digest('hex');
const hmac = (key: string, text: string): string => createHmac('sha1', key).update(text, 'utf8').digest('base64');

/** `?name=seconds-random-0-md5` */
const typeA =
  (name: string): Check =>
  ({ target }, _origin, { key = '' }) => {
    const [path = '', query = ''] = target.split('?');
    const [signedAt, random, user, signature, ...more] = query.replace(`${name}=`, '').split('-');
    if (!query.startsWith(`${name}=`) || !/^\d{10}$/.test(signedAt ?? '') || user !== '0' || more.length > 0) return;
    if (!/^[0-9A-Za-z]{1,100}$/.test(random ?? '')) return;
    return signature === md5([path, signedAt, random, user, key].join('-'))
      ? { path, signedAt: Number(signedAt) }
      : undefined;
  };

/** `/YYYYMMDDHHMM/md5/path`, the minute on Beijing's clocks. */
const typeB: Check = ({ target }, _origin, { key = '' }) => {
  const [, minute = '', signature = '', path = ''] = /^\/(\d{12})\/([0-9a-f]{32})(\/[^?]*)$/.exec(target) ?? [];
  const at = minute.replace(/(....)(..)(..)(..)(..)/, '$1-$2-$3T$4:$5:00+08:00');
  return path !== '' && signature === md5(`${key}${minute}${path}`)
    ? { path, signedAt: Date.parse(at) / 1000 }
    : undefined;
};

/** `/md5/hexadecimal seconds/path` */
const typeC: Check = ({ target }, _origin, { key = '' }) => {
  const [, signature = '', seconds = '', path = ''] =
    /^\/([0-9a-f]{32})\/([0-9a-fA-F]{8})(\/[^?]*)$/.exec(target) ?? [];
  return path !== '' && signature === md5(key + path + seconds) ? { path, signedAt: parseInt(seconds, 16) } : undefined;
};

const tencentD: Check = ({ target }, _origin, { key = '' }) => {
  const [, path = '', signature = '', seconds = ''] = /^([^?]+)\?sign=([0-9a-f]{32})&t=(\d{10})$/.exec(target) ?? [];
  return path !== '' && signature === md5(key + path + seconds) ? { path, signedAt: Number(seconds) } : undefined;
};

/** The token is over the URL before it. */
const qiniu: Check = ({ target }, origin, { accessKey = '', secretKey = '' }) => {
  const [unsigned = '', token = ''] = target.split('&token=');
  const [, path = '', deadline = ''] = /^([^?]+)\?e=(\d{10})$/.exec(unsigned) ?? [];
  const signature = hmac(secretKey, origin + unsigned)
    .replace(/\+/g, '-')
    .replace(/\//g, '_');
  return path !== '' && token === `${accessKey}:${signature}` ? { path, expiresAt: Number(deadline) } : undefined;
};

const ksyun: Check = ({ method, target }, _origin, { accessKey = '', secretKey = '', bucket = '' }) => {
  const [path = '', query = ''] = target.split('?');
  const sent = new URLSearchParams(query);
  const expires = sent.get('Expires') ?? '';
  if (sent.size !== 3 || sent.get('KSSAccessKeyId') !== accessKey || !/^\d{10}$/.test(expires)) return;
  const wanted = hmac(secretKey, [method, '', '', expires, `/${bucket}${path}`].join('\n'));
  return sent.get('Signature') === wanted ? { path, expiresAt: Number(expires) } : undefined;
};

const sasToken: Check = ({ target }, _origin, { key = '' }) => {
  const [path = '', ...query] = target.split('?');
  const ends = Date.parse(new URLSearchParams(key).get('se') ?? '9999-12-31') / 1000;
  return query.join('?') === key ? { path, expiresAt: ends } : undefined;
};

const CHECKS: Readonly<Record<CdnAuthentication, Check>> = {
  NONE: ({ target }) => (target.includes('?') ? undefined : { path: target }),
  QINIU_PRIVATE_AUTHENTICATION: qiniu,
  ALIYUN_OSS_A: typeA('auth_key'),
  ALIYUN_OSS_B: typeB,
  ALIYUN_OSS_C: typeC,
  KSYUN_PRIVATE_AUTHENTICATION: ksyun,
  AZURE_SAS_TOKEN: sasToken,
  TENCENT_COS_A: typeA('sign'),
  TENCENT_COS_B: typeB,
  TENCENT_COS_C: typeC,
  TENCENT_COS_D: tencentD,
};

const CLOCKS_DIFFER_SECONDS = 60;

/** Lets in what is signed as a CDN of this kind wants it, computed anew from what came, and not expired. */
export function cdnGate(type: CdnAuthentication, options: CdnGateOptions = {}): Gate {
  const { validSeconds = 1800, now = Date.now } = options;
  const refusal = { status: type === 'QINIU_PRIVATE_AUTHENTICATION' ? 401 : 403 };
  return (request, origin) => {
    const signed = CHECKS[type](request, origin, options);
    if (signed === undefined) return refusal;
    const { path, signedAt, expiresAt } = signed;
    const at = now() / 1000;
    if (expiresAt !== undefined && expiresAt < at) return refusal;
    // Type B says minutes.
    if (signedAt !== undefined && (signedAt + 60 + validSeconds < at || signedAt > at + CLOCKS_DIFFER_SECONDS))
      return refusal;
    return { path };
  };
}
