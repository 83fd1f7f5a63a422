import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { install, SERVER_CACHE, type S3ServerKind } from './s3-server.js';

const venv = join(SERVER_CACHE, 'moto');
const program = join(venv, 'bin/moto_server');

/** moto, the Python imitation of AWS; keeps objects in memory and checks no signatures. */
export const moto: S3ServerKind = {
  name: 'moto',
  prepare: async () => {
    if (existsSync(program)) return;
    await install('python3', ['-m', 'venv', venv]);
    await install(join(venv, 'bin/pip'), ['install', '--quiet', 'moto[server]>=5.2,<6']);
  },
  command: (port) => ({ program, args: ['-H', '127.0.0.1', '-p', String(port)] }),
};
