import { lookup as systemLookup, type LookupAddress, type LookupOptions } from 'node:dns';
import { BlockList, isIP, type LookupFunction } from 'node:net';
import { buildConnector } from 'undici';
import { StoreError } from '../object-store.port.js';

type Network = readonly [address: string, prefix: number];

/** IPv4 addresses that are not of the public internet, and thereby their IPv4-mapped forms. */
const NOT_PUBLIC: readonly Network[] = [
  ['0.0.0.0', 8], // this network, unspecified
  ['10.0.0.0', 8], // private
  ['100.64.0.0', 10], // carrier-grade NAT
  ['127.0.0.0', 8], // loopback
  ['169.254.0.0', 16], // link-local, where clouds have their metadata services
  ['172.16.0.0', 12], // private
  ['192.0.0.0', 24], // protocol assignments
  ['192.168.0.0', 16], // private
  ['198.18.0.0', 15], // benchmarks
  ['224.0.0.0', 4], // multicast
  ['240.0.0.0', 4], // reserved, broadcast
];

/** The same for IPv6, without the forms that carry an IPv4 address. */
const NOT_PUBLIC_V6: readonly Network[] = [
  ['::', 96], // unspecified, loopback, and IPv4 addresses in a form of old
  ['64:ff9b:1::', 48], // translation within a network
  ['100::', 64], // discard
  ['2001::', 32], // Teredo, which can lead anywhere
  ['fc00::', 7], // private
  ['fe80::', 10], // link-local
  ['fec0::', 10], // private, in a form of old
  ['ff00::', 8], // multicast
];

const refused = buildBlockList();

function buildBlockList(): BlockList {
  const list = new BlockList();
  for (const [network, prefix] of NOT_PUBLIC) {
    list.addSubnet(network, prefix, 'ipv4');
    list.addSubnet(`64:ff9b::${network}`, 96 + prefix, 'ipv6'); // translated by NAT64
    list.addSubnet(sixToFour(network), 16 + prefix, 'ipv6');
  }
  for (const [network, prefix] of NOT_PUBLIC_V6) list.addSubnet(network, prefix, 'ipv6');
  return list;
}

/** The 6to4 network of an IPv4 address. */
function sixToFour(address: string): string {
  const hex = Buffer.from(address.split('.').map(Number)).toString('hex');
  return `2002:${hex.slice(0, 4)}:${hex.slice(4)}::`;
}

/** True for an address of the public internet; false for every other and for what is no address. */
export function isPublicAddress(address: string): boolean {
  const [bare = ''] = address.split('%', 1); // `fe80::1%eth0`
  const family = isIP(bare);
  return family !== 0 && !refused.check(bare, family === 4 ? 'ipv4' : 'ipv6');
}

/** As `dns.lookup` with `all`. */
export type ResolveAll = (
  hostname: string,
  options: LookupOptions & { readonly all: true },
  callback: (error: NodeJS.ErrnoException | null, addresses: LookupAddress[] | undefined) => void,
) => void;

export interface ConnectorOptions {
  /** Let connections lead to loopback, private and link-local addresses too. */
  readonly allowPrivateNetworks: boolean;
  readonly connectTimeoutMs: number;
  /** Certificates to trust instead of the well-known ones, as PEM. */
  readonly ca?: string;
  readonly resolve?: ResolveAll;
}

const notAllowed = (hostname: string): StoreError =>
  new StoreError('denied', `The host ${hostname} is at an address that is not allowed`, {
    backendCode: 'AddressNotAllowed',
  });

/**
 * Looks names up for a connection and refuses a name with any address that is not public. What is checked is what is
 * connected to: a name that resolves to something else a moment later gains nothing.
 */
export const guardedLookup =
  (allowPrivateNetworks: boolean, resolve: ResolveAll = systemLookup): LookupFunction =>
  (hostname, wanted, callback) => {
    resolve(hostname, { ...wanted, all: true }, (error, addresses = []) => {
      const [first] = addresses;
      if (error !== null || first === undefined) callback(error ?? notAllowed(hostname), []);
      else if (!allowPrivateNetworks && !addresses.every(({ address }) => isPublicAddress(address)))
        callback(notAllowed(hostname), []);
      else if (wanted.all === true) callback(null, addresses);
      else callback(null, first.address, first.family);
    });
  };

/** Connects to public addresses only, unless told otherwise. */
export function guardedConnector(options: ConnectorOptions): buildConnector.connector {
  const { allowPrivateNetworks, connectTimeoutMs, ca, resolve } = options;
  const connect = buildConnector({
    timeout: connectTimeoutMs,
    allowH2: false,
    ...(ca !== undefined && { ca }),
    lookup: guardedLookup(allowPrivateNetworks, resolve),
  });
  return (target, callback) => {
    // An address is not looked up, so this is the only place to see it.
    if (!allowPrivateNetworks && isIP(target.hostname) !== 0 && !isPublicAddress(target.hostname))
      callback(notAllowed(target.hostname), null);
    else connect(target, callback);
  };
}
