import { timingSafeEqual } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type grpc from '@grpc/grpc-js';
import type { Faults, Method } from './faults.js';
import { accessDenied, unauthenticated } from './rpc-error.js';

export interface Credentials {
  readonly username: string;
  readonly password: string;
}

/** What the gate needs of a call, of whatever kind it is. */
export interface GatedCall {
  readonly metadata: grpc.Metadata;
  getPeer(): string;
  once(event: 'cancelled', callback: () => void): unknown;
}

/** Methods that the real server answers without credentials too. */
const OPEN: ReadonlySet<Method> = new Set<Method>(['serverFeatures', 'gossip']);

const sameText = (a: string, b: string): boolean => {
  const [left, right] = [Buffer.from(a), Buffer.from(b)];
  return left.length === right.length && timingSafeEqual(left, right);
};

/** Every call passes here twice: before it is carried out and before it is answered. */
export class Gate {
  readonly calls = new Map<Method, number>();

  constructor(
    private readonly faults: Faults,
    private readonly credentials: Credentials | undefined,
    private readonly breakConnection: (peer: string) => void,
  ) {}

  /** Counts the call and throws when it is refused. */
  enter(method: Method, call: GatedCall): void {
    this.calls.set(method, (this.calls.get(method) ?? 0) + 1);
    this.authenticate(method, call.metadata);
    this.faults.refuse(method, call.metadata.get('requires-leader')[0]?.toString().toLowerCase() === 'true');
  }

  /** Undefined: go ahead at once. */
  hold(method: Method, call: GatedCall): Promise<void> | undefined {
    return this.faults.hold(method, (callback) => call.once('cancelled', callback));
  }

  delayOf(method: Method): number {
    return this.faults.delayOf(method);
  }

  /** False when the connection was broken instead: there is nobody to answer any more. */
  mayAnswer(method: Method, call: GatedCall): boolean {
    if (!this.faults.losesAnswer(method)) return true;
    this.breakConnection(call.getPeer());
    return false;
  }

  /** Waits as long as the answer is to be delayed, then as `mayAnswer`. */
  async leave(method: Method, call: GatedCall): Promise<boolean> {
    const delay = this.delayOf(method);
    if (delay > 0) await sleep(delay);
    return this.mayAnswer(method, call);
  }

  private authenticate(method: Method, metadata: grpc.Metadata): void {
    if (this.credentials === undefined) return;
    const header = metadata.get('authorization')[0]?.toString();
    if (header === undefined) {
      if (OPEN.has(method)) return;
      throw accessDenied();
    }
    const { username, password } = this.credentials;
    const [scheme, encoded = ''] = header.split(' ');
    const given = Buffer.from(encoded, 'base64').toString('utf8');
    if (scheme !== 'Basic' || !sameText(given, `${username}:${password}`)) throw unauthenticated();
  }
}
