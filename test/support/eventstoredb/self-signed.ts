import { generateKeyPairSync, randomBytes, sign } from 'node:crypto';

/** A certificate and its key, as PEM. */
export interface Certificate {
  readonly cert: string;
  readonly key: string;
}

const DAY_MS = 86_400_000;
const TAG = { bool: 1, integer: 2, bits: 3, octets: 4, oid: 6, utf8: 12, utcTime: 23, sequence: 48, set: 49 } as const;
/** Names of algorithms, attributes and extensions, as DER writes them. */
const OID = {
  ecdsaWithSha256: '2a8648ce3d040302',
  commonName: '550403',
  subjectAltName: '551d11',
  basicConstraints: '551d13',
} as const;

const der = (tag: number, ...parts: readonly Buffer[]): Buffer => {
  const body = Buffer.concat(parts);
  if (body.length < 128) return Buffer.concat([Buffer.from([tag, body.length]), body]);
  const length = Buffer.from(body.length.toString(16).padStart(4, '0'), 'hex');
  return Buffer.concat([Buffer.from([tag, 0x80 | length.length]), length, body]);
};
const sequence = (...parts: readonly Buffer[]) => der(TAG.sequence, ...parts);
const oid = (hex: string) => der(TAG.oid, Buffer.from(hex, 'hex'));
const integer = (...bytes: readonly number[]) => der(TAG.integer, Buffer.from(bytes));
const trueValue = der(TAG.bool, Buffer.from([0xff]));
const extension = (name: string, ...rest: readonly Buffer[]) => sequence(oid(name), ...rest);

const time = (at: number) =>
  der(TAG.utcTime, Buffer.from(`${new Date(at).toISOString().slice(2, 19).replace(/[-T:]/g, '')}Z`));

/** A certificate for 127.0.0.1 and localhost that is its own authority, good from yesterday until next week. */
export const selfSignedCertificate = (commonName = 'test event store'): Certificate => {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const algorithm = sequence(oid(OID.ecdsaWithSha256));
  const name = sequence(der(TAG.set, sequence(oid(OID.commonName), der(TAG.utf8, Buffer.from(commonName)))));
  // Context tags within: 7 is an address, 2 a name.
  const alternatives = sequence(der(0x87, Buffer.from([127, 0, 0, 1])), der(0x82, Buffer.from('localhost')));
  const extensions = sequence(
    extension(OID.basicConstraints, trueValue, der(TAG.octets, sequence(trueValue))),
    extension(OID.subjectAltName, der(TAG.octets, alternatives)),
  );
  const content = sequence(
    der(0xa0, integer(2)),
    integer(1, ...randomBytes(8)),
    algorithm,
    name,
    sequence(time(Date.now() - DAY_MS), time(Date.now() + 7 * DAY_MS)),
    name,
    publicKey.export({ type: 'spki', format: 'der' }),
    der(0xa3, extensions),
  );
  const signature = der(TAG.bits, Buffer.from([0]), sign('sha256', content, privateKey));
  const lines =
    sequence(content, algorithm, signature)
      .toString('base64')
      .match(/.{1,64}/g) ?? [];
  return {
    cert: ['-----BEGIN CERTIFICATE-----', ...lines, '-----END CERTIFICATE-----', ''].join('\n'),
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  };
};
