export { startEventStoreDB, EventStoreDBServer } from './eventstoredb-server.js';
export type { EventStoreDBOptions, ServerStatistics } from './eventstoredb-server.js';
export { Faults, METHODS } from './faults.js';
export type { Leader, Method } from './faults.js';
export type { Credentials } from './gate.js';
export type { ControlCommand } from './control-server.js';
export { EventStoreDBProcess } from './server-process.js';
export { selfSignedCertificate } from './self-signed.js';
export type { Certificate } from './self-signed.js';
