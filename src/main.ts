import 'reflect-metadata';
import { readFileSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import type { Config } from './config/config.js';
import { readMasterKey } from './config/environment.js';
import { configOrComplaint, INVALID_CONFIG } from './config/config-or-complaint.js';
import { printConfig } from './config/print-config.js';
import { createLogger } from './http/logger.js';
import { Service } from './service.js';

/** How long connections may take to end by themselves once the service has stopped. */
const LINGER_MS = 1000;

/**
 * A long listing makes garbage faster than V8 thinks worth collecting: by default it lets the heap grow to four times what is in
 * use, so a process that needs 80 MiB takes 400. Half as much again costs about one percent of the time.
 */
const HEAP_GROWING_PERCENT = 50;

const readVersion = (): string => {
  const text = readFileSync(new URL('../package.json', import.meta.url), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
};

async function run(config: Config): Promise<number> {
  const log = createLogger(config.log);
  // Start and stop are told at every level: whoever starts a process wants to know where it listens.
  const milestones = log.child({}, { level: 'info' });
  // Kept for good: without a listener a second signal would end the process in the middle of its stop.
  const asked = new Promise<string>((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => resolve(signal));
  });
  try {
    const service = await Service.start(config, log, readVersion(), readMasterKey(process.env));
    const url = await service.listen();
    milestones.info({ url, roles: config.roles, dataDir: config.dataDir }, 'listening');
    const signal = await asked;
    milestones.info({ signal }, 'stopping');
    await service.stop();
    milestones.info({}, 'stopped');
    return 0;
  } catch (error) {
    log.fatal({ err: error }, error instanceof Error ? error.message : 'The service failed');
    return 1;
  }
}

setFlagsFromString(`--heap-growing-percent=${HEAP_GROWING_PERCENT}`);
const config = configOrComplaint(process.argv.slice(2), process.env);
if (config === undefined) process.exitCode = INVALID_CONFIG;
else if (process.argv.includes('--print-config')) process.stdout.write(printConfig(config));
else {
  process.exitCode = await run(config);
  // Everything of ours is closed; a connection that a library made in the very moment of the stop must not keep the process.
  setTimeout(() => process.exit(), LINGER_MS).unref();
}
