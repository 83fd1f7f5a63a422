import type { LoggerService } from '@nestjs/common';
import { pino, type DestinationStream, type Logger } from 'pino';
import type { Config } from '../config/config.js';

/** The log of a process. It satisfies `Log` of the kernel. */
export type AppLogger = Logger;

/** Fields that hold secrets wherever they stand, one to three levels deep. */
const SECRET_FIELDS = [
  'ak',
  'sk',
  'src_ak',
  'src_sk',
  'dst_ak',
  'dst_sk',
  'accessKey',
  'secretKey',
  'securityToken',
  'secret',
  'password',
  'token',
  'authorization',
  'Authorization',
  'cookie',
  'signature',
  'source_cdn_authentication_key',
];
const HEADERS = ['["x-auth-token"]', '["X-Auth-Token"]', '["x-security-token"]', '["X-Security-Token"]'];

const redactedPaths = [
  ...SECRET_FIELDS.flatMap((field) => [field, `*.${field}`, `*.*.${field}`]),
  ...HEADERS.flatMap((header) => [header, `*${header}`, `*.*${header}`]),
];

/** JSON lines on standard output, or to `destination`. */
export const createLogger = ({ level }: Config['log'], destination?: DestinationStream): AppLogger => {
  const options = {
    level,
    base: { pid: process.pid },
    timestamp: () => `,"time":"${new Date().toISOString()}"`,
    formatters: { level: (label: string) => ({ level: label }) },
    redact: { paths: redactedPaths, censor: '[redacted]' },
  };
  // Written in the background, so that a slow reader of the output does not hold up the service; flushed at exit.
  return pino(options, destination ?? pino.destination({ dest: 1, sync: false }));
};

/**
 * The same log for lines that are written thousands of times a second and whose fields are all named in the code: searching
 * them for secrets costs ten times what writing them does.
 */
export const withoutSearch = (logger: AppLogger): AppLogger => logger.child({}, { redact: [] });

/** Nest's own lines in the same log, one level quieter than Nest thinks them. */
export class NestLogger implements LoggerService {
  constructor(private readonly logger: AppLogger) {}

  log(message: unknown, ...rest: unknown[]): void {
    this.write('debug', message, rest);
  }
  fatal(message: unknown, ...rest: unknown[]): void {
    this.write('fatal', message, rest);
  }
  error(message: unknown, ...rest: unknown[]): void {
    this.write('error', message, rest);
  }
  warn(message: unknown, ...rest: unknown[]): void {
    this.write('warn', message, rest);
  }
  debug(message: unknown, ...rest: unknown[]): void {
    this.write('trace', message, rest);
  }
  verbose(message: unknown, ...rest: unknown[]): void {
    this.write('trace', message, rest);
  }

  /** Nest passes the context last, and the stack of an error before it. */
  private write(
    level: 'fatal' | 'error' | 'warn' | 'debug' | 'trace',
    message: unknown,
    rest: readonly unknown[],
  ): void {
    const strings = rest.filter((item): item is string => typeof item === 'string');
    const context = strings.at(-1);
    const stack = strings.length > 1 ? strings[0] : undefined;
    const details = { ...(context === undefined ? {} : { context }), ...(stack === undefined ? {} : { stack }) };
    if (message instanceof Error) this.logger[level]({ ...details, err: message }, message.message);
    else this.logger[level](details, typeof message === 'string' ? message : JSON.stringify(message));
  }
}
