import type { Config } from './config.js';
import { ConfigError } from './config-error.js';
import type { Environment } from './environment.js';
import { loadConfig } from './load-config.js';

/** Exit code of a process whose configuration is wrong (EX_CONFIG of sysexits). */
export const INVALID_CONFIG = 78;

/** The configuration, or undefined after saying on standard error all that is wrong with it. */
export function configOrComplaint(argv: readonly string[], env: Environment): Config | undefined {
  try {
    return loadConfig({ argv, env, cwd: process.cwd() });
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    process.stderr.write(`${error.message}\n`);
    return undefined;
  }
}
