export { cdnGate, type CdnGateOptions } from './cdn-gate.js';
export { HttpSource, type Gate, type Handler, type HttpSourceOptions, type SeenRequest } from './http-source.js';
export { DEFAULT_LAST_MODIFIED_MS, type HttpResource } from './resource.js';
export { cdnSecrets, startCdnOfMemory, type CdnOfMemory } from './cdn-of-memory.js';
export { httpScene, readUrl, resolveToThisMachine, type HttpScene } from './http-scene.js';
