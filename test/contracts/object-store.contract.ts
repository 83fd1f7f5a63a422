export { describeDestination } from './object-store-destination.contract.js';
export { describeSource } from './object-store-source.contract.js';
export type { DestinationCase, StoreCase } from './object-store-support.js';
