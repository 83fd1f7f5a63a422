import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { EmbeddedQueue } from '../../src/queue/embedded/embedded-queue.js';
import { describeQueue } from './queue.contract.js';

let root: string;
let places = 0;

beforeAll(async () => (root = await mkdtemp(path.join(tmpdir(), 'openoms-queue-'))));
afterAll(() => rm(root, { recursive: true }));

describeQueue('the embedded queue', {
  newPlace: () => Promise.resolve(path.join(root, `queue-${places++}.db`)),
  open: (file, settings) => EmbeddedQueue.open({ file, ...settings }),
  childModule: new URL('queue-embedded.open.ts', import.meta.url).href,
});
