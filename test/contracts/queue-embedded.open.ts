import { EmbeddedQueue } from '../../src/queue/embedded/embedded-queue.js';

/** For the processes of the crash contract. */
export const openQueue = (file: string): EmbeddedQueue => EmbeddedQueue.open({ file, maxUnsettledWeight: 1_000_000 });
