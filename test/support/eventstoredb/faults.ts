import type grpc from '@grpc/grpc-js';
import { notLeader, RpcError } from './rpc-error.js';

export const METHODS = ['read', 'append', 'batchAppend', 'delete', 'tombstone', 'serverFeatures', 'gossip'] as const;
export type Method = (typeof METHODS)[number];
const WRITES: readonly Method[] = ['append', 'batchAppend', 'delete', 'tombstone'];

/** Another node, that the client is told to go to. */
export interface Leader {
  readonly host: string;
  readonly port: number;
  /**
   * `follower` refuses only what asks for the leader, since it passes writes on; `read-only-replica` refuses every write.
   * Default `follower`.
   */
  readonly role?: 'follower' | 'read-only-replica';
}

interface Failure {
  readonly code: grpc.status;
  readonly details: string;
  left: number;
}

/** What goes wrong on command. All of it ends with `clear`. */
export class Faults {
  private readonly delays = new Map<Method, number>();
  private readonly stalled = new Set<Method>();
  private readonly failures = new Map<Method, Failure>();
  private lost: { readonly methods: readonly Method[]; left: number } | undefined;
  private readonly held = new Set<() => void>();
  private leader: Leader | undefined;

  /** Answers come `ms` later; what was asked is done at once. For reads it is the first message that waits. */
  delay(ms: number, methods: readonly Method[] = METHODS): void {
    for (const method of methods) this.delays.set(method, ms);
  }

  /** Calls are taken, but neither carried out nor answered until `release`. */
  stall(methods: readonly Method[] = METHODS): void {
    for (const method of methods) this.stalled.add(method);
  }

  /** Carries out the stalled calls whose clients still wait, and stalls no more. */
  release(): void {
    this.stalled.clear();
    for (const proceed of this.held) proceed();
    this.held.clear();
  }

  /** The next calls of the method end with this status, and nothing is done. */
  failNext(method: Method, code: grpc.status, { times = 1, details = 'Failed on command.' } = {}): void {
    this.failures.set(method, { code, details, left: times });
  }

  /** The next `count` calls of these methods, taken together, are carried out, but their connection breaks before the answer. */
  loseAnswers(count: number, methods: readonly Method[] = WRITES): void {
    this.lost = { methods, left: count };
  }

  /** This node is not the leader any more; undefined: it is again. */
  notLeader(leader: Leader | undefined): void {
    this.leader = leader;
  }

  get isLeader(): boolean {
    return this.leader === undefined;
  }

  clear(): void {
    this.delays.clear();
    this.failures.clear();
    this.lost = undefined;
    this.leader = undefined;
    this.release();
  }

  /** Throws the status that a call of this method is to end with, if any. */
  refuse(method: Method, requiresLeader: boolean): void {
    const failure = this.failures.get(method);
    if (failure !== undefined) {
      if (--failure.left <= 0) this.failures.delete(method);
      throw new RpcError(failure.code, failure.details);
    }
    if (this.leader === undefined) return;
    const { host, port, role } = this.leader;
    const refused = role === 'read-only-replica' ? requiresLeader || WRITES.includes(method) : requiresLeader;
    if (refused) throw notLeader(host, port);
  }

  /** Calls that stall now. */
  get stalling(): number {
    return this.held.size;
  }

  /** Undefined: go ahead. Otherwise wait for it; `onceOver` tells of the end of the call, which ends the wait too. */
  hold(method: Method, onceOver: (callback: () => void) => void): Promise<void> | undefined {
    if (!this.stalled.has(method)) return undefined;
    return new Promise((proceed) => {
      this.held.add(proceed);
      onceOver(() => {
        this.held.delete(proceed);
        proceed();
      });
    });
  }

  delayOf(method: Method): number {
    return this.delays.get(method) ?? 0;
  }

  /** Counts down; true when the answer is to be lost. */
  losesAnswer(method: Method): boolean {
    if (this.lost === undefined || this.lost.left <= 0 || !this.lost.methods.includes(method)) return false;
    this.lost.left--;
    return true;
  }
}
