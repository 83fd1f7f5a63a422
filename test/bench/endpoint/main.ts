import { createServer } from 'node:net';
import { parseArgs } from 'node:util';
import { MadeBucket } from './buckets.js';
import { BenchService } from './service.js';
import { Connection } from './wire.js';

/**
 * Runs the endpoint by itself and prints one line of JSON, `{"url"}`, once it listens. `--made name:count:size:ms` gives a bucket
 * of made-up objects with that time of modification. SIGTERM ends it.
 */
const { values } = parseArgs({ options: { made: { type: 'string', multiple: true } } });
const service = new BenchService();
for (const made of values.made ?? []) {
  const [name = '', count, size, lastModifiedMs] = made.split(':');
  service.buckets.set(
    name,
    new MadeBucket({ count: Number(count), size: Number(size), lastModifiedMs: Number(lastModifiedMs) }),
  );
}
const server = createServer((socket) => new Connection(socket, service.serve));
server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  const port = typeof address === 'object' ? (address?.port ?? 0) : 0;
  process.stdout.write(`${JSON.stringify({ url: `http://127.0.0.1:${port}` })}\n`);
});
process.once('SIGTERM', () => process.exit(0));
