import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { install, SERVER_CACHE, SERVER_KEYS, type S3ServerKind } from './s3-server.js';

const bin = join(SERVER_CACHE, 'bin');
const program = join(bin, 'versitygw');

/** Versity S3 Gateway over a folder; needs a file system with extended attributes. */
export const versitygw: S3ServerKind = {
  name: 'versitygw',
  prepare: async () => {
    if (!existsSync(program))
      await install('go', ['install', 'github.com/versity/versitygw/cmd/versitygw@v1.8.0'], { GOBIN: bin });
  },
  command: (port, folder) => ({
    program,
    args: [
      '--quiet',
      '--access',
      SERVER_KEYS.accessKey,
      '--secret',
      SERVER_KEYS.secretKey,
      '--port',
      `127.0.0.1:${port}`,
      'posix',
      folder,
    ],
  }),
};
