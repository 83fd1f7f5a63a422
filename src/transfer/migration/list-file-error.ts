import { StoreError } from '../../object-store/object-store.port.js';

export type ListFileProblem =
  | 'missing' // no such file or bucket, or none under the prefix
  | 'wrong-name' // it does not end in .txt
  | 'too-large'
  | 'line-too-long'
  | 'wrong-type' // its Content-Type is not text/plain
  | 'encoded' // it has a Content-Encoding
  | 'bad-url' // no line of a URL list is a URL
  | 'empty' // it names nothing
  | 'changed' // it is another one than when it was read before
  | 'unreadable'; // the store gives no usable answer, or what is in the file makes no sense

/** A file that says what to migrate and cannot be used. */
export class ListFileError extends Error {
  override readonly name = 'ListFileError';

  constructor(
    readonly kind: ListFileProblem,
    /** Key of the file, or what the keys of the files begin with. */
    readonly file: string,
    /** What the store answered, where that is the reason. */
    readonly failure?: StoreError,
  ) {
    super(`List file ${file}: ${kind}${failure === undefined ? '' : ` (${failure.message})`}`, { cause: failure });
  }
}

/** A store's failure as one of the file; anything else passes as it is. */
export function listFileError(file: string, error: unknown): unknown {
  if (!(error instanceof StoreError)) return error;
  if (error.kind === 'not-found' || error.kind === 'no-such-bucket') return new ListFileError('missing', file, error);
  return new ListFileError(error.kind === 'changed' ? 'changed' : 'unreadable', file, error);
}
