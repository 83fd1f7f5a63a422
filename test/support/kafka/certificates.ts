import { readFileSync } from 'node:fs';
import path from 'node:path';
import { install } from '../servers/s3-server.js';

/** A self-signed certificate for 127.0.0.1 and its key, as PEM files and as texts. */
export interface Certificate {
  readonly certificateFile: string;
  readonly keyFile: string;
  readonly certificate: string;
  readonly key: string;
}

/** Has openssl make one; it is its own authority. */
export async function makeCertificate(folder: string, name: string): Promise<Certificate> {
  const certificateFile = path.join(folder, `${name}.crt`);
  const keyFile = path.join(folder, `${name}.key`);
  await install('openssl', [
    ...['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', `/CN=${name}`],
    ...['-addext', 'subjectAltName=IP:127.0.0.1', '-keyout', keyFile, '-out', certificateFile],
  ]);
  const [certificate, key] = [readFileSync(certificateFile, 'utf8'), readFileSync(keyFile, 'utf8')];
  return { certificateFile, keyFile, certificate, key };
}
