export type { GeneratedPlan, SinkPlan, SunkObject, SyntheticOptions, Traffic } from './plan.js';
export { GeneratedBucket } from './generated-bucket.js';
export { SyntheticEndpoint } from './synthetic-endpoint.js';
export { SyntheticProcess } from './synthetic-process.js';
