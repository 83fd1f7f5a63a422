import { StoreError, type ObjectInfo, type OpenedObject, type OpenOptions } from '../object-store.port.js';
import { discardBody, type HttpAnswer } from './exchange.js';
import type { HttpClient } from './http-client.js';
import { refusalOf } from './http-errors.js';
import { assertAnswersRange, readHttpObject, strongEtag } from './object-info.js';
import type { HttpTarget } from './target.js';

export type HttpReadMethod = 'GET' | 'HEAD';

/** Where the object of a key is; asked anew for every request, since signatures are of their time and method. */
export type TargetOf = (key: string, method: HttpReadMethod) => HttpTarget;

/** Servers that answer a GET do not always answer a HEAD, and signatures are sometimes for one method only. */
const REFUSES_HEAD: ReadonlySet<number> = new Set([403, 405, 501]);
const FOUND: ReadonlySet<number> = new Set([200, 203, 206]);
const NO_SUCH_RANGE = 416;

/** Objects behind plain HTTP. Makes one attempt per call. */
export class HttpObjects {
  constructor(
    private readonly client: HttpClient,
    private readonly targetOf: TargetOf,
  ) {}

  /** As the port's `head`. A server that refuses HEAD is asked for the first byte instead. */
  async head(key: string, signal: AbortSignal): Promise<ObjectInfo> {
    const answer = await this.client.send({ method: 'HEAD', target: this.targetOf(key, 'HEAD'), headers: [] }, signal);
    discardBody(answer);
    if (FOUND.has(answer.status)) return readHttpObject(key, answer);
    if (!REFUSES_HEAD.has(answer.status)) throw refusalOf('Head failed', answer.status, answer.headers);
    return this.headByGet(key, signal);
  }

  /** As the port's `open`. */
  async open(key: string, { range, ifMatch }: OpenOptions, signal: AbortSignal): Promise<OpenedObject> {
    const headers: string[] = [];
    if (range !== undefined) headers.push('range', `bytes=${range.start}-${range.end}`);
    if (ifMatch !== undefined) headers.push('if-match', `"${ifMatch}"`);
    const answer = await this.get(key, headers, signal);
    try {
      assertFound('Get failed', answer);
      assertAnswersRange(answer, range);
      assertMatches(answer, ifMatch);
      return { info: readHttpObject(key, answer), body: answer.body };
    } catch (error) {
      discardBody(answer);
      throw error;
    }
  }

  private async headByGet(key: string, signal: AbortSignal): Promise<ObjectInfo> {
    let answer = await this.get(key, ['range', 'bytes=0-0'], signal);
    discardBody(answer);
    // An empty object has no first byte.
    if (answer.status === NO_SUCH_RANGE) {
      answer = await this.get(key, [], signal);
      discardBody(answer);
    }
    assertFound('Head failed', answer);
    return readHttpObject(key, answer);
  }

  private get(key: string, headers: readonly string[], signal: AbortSignal): Promise<HttpAnswer> {
    return this.client.send({ method: 'GET', target: this.targetOf(key, 'GET'), headers }, signal);
  }
}

function assertFound(doing: string, { status, headers }: HttpAnswer): void {
  if (!FOUND.has(status)) throw refusalOf(doing, status, headers);
}

/** Many servers do not know If-Match. One that leaves the ETag out here leaves it to the caller to look at size and time. */
function assertMatches({ headers }: HttpAnswer, ifMatch: string | undefined): void {
  if (ifMatch === undefined || (strongEtag(headers) ?? ifMatch) === ifMatch) return;
  throw new StoreError('changed', 'The object has another ETag by now', { backendCode: 'PreconditionFailed' });
}
