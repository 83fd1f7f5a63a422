import { StoreError, type DestinationStore } from '../../object-store/object-store.port.js';
import type { BegunUpload } from '../../tasks/task.state.js';

const AT_ONCE = 8;
/** What is not freed by then stays: a bucket's own rules may remove it. */
const TIMEOUT_MS = 30_000;

/** Frees the parts of uploads that nobody will go on with; most are over already. Never rejects for what a store does. */
export async function abortUploads(
  destination: DestinationStore,
  uploads: Iterable<BegunUpload>,
  signal: AbortSignal,
): Promise<void> {
  const { multipart } = destination;
  if (multipart === undefined) return;
  const queue = [...uploads];
  const until = AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]);
  const work = async (): Promise<void> => {
    for (let upload = queue.pop(); upload !== undefined; upload = queue.pop())
      await multipart.abort(upload.key, upload.uploadId, until);
  };
  const results = await Promise.allSettled(Array.from({ length: AT_ONCE }, work));
  for (const result of results)
    if (result.status === 'rejected' && !(result.reason instanceof StoreError) && !until.aborted) throw result.reason;
}
