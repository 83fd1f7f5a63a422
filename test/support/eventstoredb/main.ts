import { startControlServer } from './control-server.js';
import { startEventStoreDB, type EventStoreDBOptions } from './eventstoredb-server.js';

/**
 * Runs the server by itself. Its options are the first argument, as JSON. Prints one line of JSON once it listens,
 * `{"connectionString", "discoverConnectionString", "port", "controlPort"}`. SIGTERM, SIGINT or the end of its input end it.
 */
const server = await startEventStoreDB(JSON.parse(process.argv[2] ?? '{}') as EventStoreDBOptions);
const control = await startControlServer(server);
const { connectionString, discoverConnectionString, port } = server;
process.stdout.write(
  `${JSON.stringify({ connectionString, discoverConnectionString, port, controlPort: control.port })}\n`,
);

const stop = () => {
  control.http.close();
  control.http.closeAllConnections();
  void server.stop().then(() => process.exit(0));
};
process.once('SIGTERM', stop).once('SIGINT', stop);
// The one who started it holds the other end: no server outlives a test run that was killed.
process.stdin.once('end', stop).resume();
