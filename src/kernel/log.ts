/** What a part of the service needs to speak up; pino's logger is one. Details never hold keys, tokens or bodies. */
export interface Log {
  info(details: object, message: string): void;
  warn(details: object, message: string): void;
  error(details: object, message: string): void;
}

/** For parts nobody listens to, such as those of a test. */
export const silentLog: Log = { info: () => undefined, warn: () => undefined, error: () => undefined };
