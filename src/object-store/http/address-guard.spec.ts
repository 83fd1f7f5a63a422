import type { LookupAddress } from 'node:dns';
import { guardedLookup, isPublicAddress, type ResolveAll } from './address-guard.js';

describe('an address', () => {
  it.each([
    ['unspecified', '0.0.0.0', '0.1.2.3', '::'],
    ['loopback', '127.0.0.1', '127.255.255.254', '::1'],
    ['private', '10.0.0.1', '172.16.0.1', '172.31.255.255', '192.168.1.1', 'fc00::1', 'fdff:1::1', 'fec0::1'],
    ['link-local', '169.254.169.254', 'fe80::1', 'fe80::1%eth0', 'febf::1'],
    ["a carrier's", '100.64.0.1', '100.127.255.255'],
    ['multicast', '224.0.0.1', '239.255.255.255', 'ff02::1'],
    ['reserved', '192.0.0.1', '198.19.0.1', '240.0.0.1', '255.255.255.255', '100::1'],
    ['IPv4-mapped', '::ffff:127.0.0.1', '::ffff:7f00:1', '::ffff:10.1.2.3', '::FFFF:A9FE:A9FE', '::ffff:0:0'],
    ['IPv4-compatible', '::127.0.0.1', '::10.0.0.1'],
    ['IPv4 behind a translator', '64:ff9b::127.0.0.1', '64:ff9b::a9fe:a9fe', '64:ff9b:1::1', '2002:a00:1::', '2001::1'],
    ['none at all', '', 'localhost', '127.0.0.1:80', '1.2.3', '[::1]'],
  ])('that is %s is not public', (_kind, ...addresses) =>
    expect(addresses.filter((address) => isPublicAddress(address))).toEqual([]),
  );

  it.each(['1.1.1.1', '9.255.255.255', '11.0.0.0', '100.63.255.255', '100.128.0.0', '172.15.255.255', '172.32.0.0'])(
    '%s is public',
    (address) => {
      expect(isPublicAddress(address)).toBe(true);
      expect(isPublicAddress(`::ffff:${address}`)).toBe(true);
      expect(isPublicAddress(`64:ff9b::${address}`)).toBe(true);
    },
  );

  it.each(['2606:4700:4700::1111', '2002:101:101::1', '2a00::1', 'fbff::1'])('%s is public', (address) =>
    expect(isPublicAddress(address)).toBe(true),
  );
});

describe('a guarded lookup', () => {
  const PUBLIC = { address: '1.1.1.1', family: 4 };
  const PUBLIC_V6 = { address: '2606:4700:4700::1111', family: 6 };
  const LOOPBACK = { address: '127.0.0.1', family: 4 };
  const refusal: unknown = expect.objectContaining({ kind: 'denied', backendCode: 'AddressNotAllowed' });

  /** A name server that gives another answer each time. */
  const answering = (...answers: readonly LookupAddress[][]): ResolveAll => {
    const left = [...answers];
    return (_hostname, _options, callback) => callback(null, left.shift() ?? []);
  };
  const look = (resolve: ResolveAll, all = true, allowPrivateNetworks = false) => {
    const lookup = guardedLookup(allowPrivateNetworks, resolve);
    return () =>
      new Promise((settle, reject) => {
        lookup('host.test', { all }, (error, address, family) =>
          error === null ? settle(all ? address : [address, family]) : reject(error),
        );
      });
  };

  it('hands exactly the checked addresses on, in either form', async () => {
    await expect(look(answering([PUBLIC, PUBLIC_V6]))()).resolves.toEqual([PUBLIC, PUBLIC_V6]);
    await expect(look(answering([PUBLIC_V6, PUBLIC]), false)()).resolves.toEqual([PUBLIC_V6.address, 6]);
  });

  it('refuses a name that has another address the next time', async () => {
    const again = look(answering([PUBLIC], [LOOPBACK]));
    await expect(again()).resolves.toEqual([PUBLIC]);
    await expect(again()).rejects.toEqual(refusal);
  });

  it('refuses a name with one address among others that is not public', async () => {
    await expect(look(answering([PUBLIC, LOOPBACK]))()).rejects.toEqual(refusal);
    await expect(look(answering([PUBLIC, LOOPBACK]), false)()).rejects.toEqual(refusal);
  });

  it('lets everything pass where that is allowed', () =>
    expect(look(answering([LOOPBACK]), true, true)()).resolves.toEqual([LOOPBACK]));

  it('refuses a name without addresses, and passes the failure of a lookup on', async () => {
    await expect(look(answering([]), true, true)()).rejects.toEqual(refusal);
    const failure = new Error('no name server');
    await expect(look((_name, _options, callback) => callback(failure, []))()).rejects.toBe(failure);
  });
});
