import { hash, randomBytes } from 'node:crypto';
import { type CdnRequest, type CdnSigner, pathOf, unixSeconds } from './cdn.js';

const BEIJING_MS = 8 * 3_600_000;

/** Nobody uses it, but it has its place in the string. */
const USER = '0';

/** `YYYYMMDDHHMM` on Beijing's clocks. */
const beijingMinute = ({ atMs }: CdnRequest): string =>
  new Date(atMs + BEIJING_MS).toISOString().slice(0, 16).replace(/\D/g, '');

const hexSeconds = (request: CdnRequest): string => unixSeconds(request).toString(16);

/** Letters and digits only: a dash would end it. */
const newRandom = (): string => randomBytes(16).toString('hex');

/** `?<name>=<seconds>-<random>-<user>-<md5>`; Alibaba's and Tencent's type A. */
const inOneParameter =
  (name: string, key: string, random: () => string): CdnSigner =>
  (request) => {
    const path = pathOf(request);
    const parts = `${unixSeconds(request)}-${random()}-${USER}`;
    return `${path}?${name}=${parts}-${hash('md5', `${path}-${parts}-${key}`)}`;
  };

/** `/<minute>/<md5>/path`; Alibaba's and Tencent's type B. The time is Beijing's. */
const minuteInPath =
  (key: string): CdnSigner =>
  (request) => {
    const path = pathOf(request);
    const minute = beijingMinute(request);
    return `/${minute}/${hash('md5', key + minute + path)}${path}`;
  };

/** `/<md5>/<hexadecimal seconds>/path`; Alibaba's and Tencent's type C. */
const secondsInPath =
  (key: string, seconds: (request: CdnRequest) => string): CdnSigner =>
  (request) => {
    const path = pathOf(request);
    const at = seconds(request);
    return `/${hash('md5', key + path + at)}/${at}${path}`;
  };

/** Alibaba Cloud CDN, authentication types A, B and C: the time is that of the request, how long it holds is up to the CDN. */
export const aliyunA = (key: string, random = newRandom): CdnSigner => inOneParameter('auth_key', key, random);
export const aliyunB = minuteInPath;
export const aliyunC = (key: string): CdnSigner => secondsInPath(key, (request) => hexSeconds(request).toUpperCase());

/** Tencent Cloud CDN, authentication types A to D, with its default names of parameters. */
export const tencentA = (key: string, random = newRandom): CdnSigner => inOneParameter('sign', key, random);
export const tencentB = minuteInPath;
export const tencentC = (key: string): CdnSigner => secondsInPath(key, hexSeconds);
export const tencentD =
  (key: string): CdnSigner =>
  (request) => {
    const path = pathOf(request);
    const at = unixSeconds(request);
    return `${path}?sign=${hash('md5', `${key}${path}${at}`)}&t=${at}`;
  };
