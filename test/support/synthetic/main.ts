import { handleControl } from './control.js';
import type { SyntheticOptions } from './plan.js';
import { SyntheticEndpoint } from './synthetic-endpoint.js';

/**
 * Runs the endpoint by itself. Its options are the first argument, as JSON. Prints one line of JSON, `{"url", "twinUrl"}`, once it
 * listens. SIGTERM, SIGINT or the end of its input end it.
 */
const endpoint: SyntheticEndpoint = await SyntheticEndpoint.start(
  JSON.parse(process.argv[2] ?? '{}') as SyntheticOptions,
  (message, response) => {
    if (message.url !== '/__control') return false;
    void handleControl(endpoint, message, response);
    return true;
  },
);
process.stdout.write(`${JSON.stringify({ url: endpoint.url, twinUrl: endpoint.twinUrl })}\n`);

const stop = () => {
  void endpoint.close().then(() => process.exit(0));
};
process.once('SIGTERM', stop).once('SIGINT', stop);
// The one who started it holds the other end: no endpoint outlives a test run that was killed.
process.stdin.once('end', stop).resume();
