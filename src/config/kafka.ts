import path from 'node:path';
import type { KafkaConfig } from './config.js';
import type { ReadFile, Report } from './secrets.js';
import type { KafkaSettings } from './settings.js';

/** The Kafka section with what it keeps in files: certificates and the password. No message holds what a file says. */
export function readKafka(settings: KafkaSettings, cwd: string, readFile: ReadFile, report: Report): KafkaConfig {
  const { tls, sasl, ...rest } = settings;
  const read = (at: string, file: string): string | undefined => {
    if (file === '') return undefined;
    try {
      return readFile(path.resolve(cwd, file));
    } catch {
      report({ path: `kafka.${at}`, message: 'must name a file that can be read' });
      return undefined;
    }
  };
  const texts = {
    ca: read('tls.caFile', tls.caFile),
    cert: read('tls.certFile', tls.certFile),
    key: read('tls.keyFile', tls.keyFile),
  };
  const given = Object.fromEntries(Object.entries(texts).filter(([, text]) => text !== undefined));
  if ((texts.cert === undefined) !== (texts.key === undefined))
    report({ path: 'kafka.tls', message: 'needs both certFile and keyFile, or neither' });
  const password =
    sasl.passwordFile === '' ? sasl.password : (read('sasl.passwordFile', sasl.passwordFile) ?? '').trim();
  if (sasl.password !== '' && sasl.passwordFile !== '')
    report({ path: 'kafka.sasl', message: 'needs either password or passwordFile' });
  if (sasl.mechanism !== 'none' && (sasl.username === '' || password === ''))
    report({ path: 'kafka.sasl', message: `needs username and password for ${sasl.mechanism}` });
  return {
    ...rest,
    tls: { enabled: tls.enabled, ...given },
    sasl: { mechanism: sasl.mechanism, username: sasl.username, password },
  };
}
