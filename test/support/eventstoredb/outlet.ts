import type grpc from '@grpc/grpc-js';

/** Thrown inside a call whose client has gone, or whose deadline is over: there is nothing left to do. */
export class CallEnded extends Error {
  override readonly name = 'CallEnded';
}

/** The answering side of a streaming call. Holds back its writer while the client does not read. */
export class Outlet<Request> {
  private over = false;
  private readonly sleepers = new Set<() => void>();
  private readonly endings: (() => void)[] = [];

  constructor(private readonly call: grpc.ServerWritableStream<Request, Buffer>) {
    const end = () => this.ended();
    call.on('cancelled', end).on('close', end).on('error', end);
    call.on('drain', () => this.wakeUp());
    if (call.cancelled) this.over = true;
  }

  get isOver(): boolean {
    return this.over;
  }

  /** Writes one message. Undefined: the next may follow at once; otherwise wait until the client has taken some. */
  write(bytes: Buffer): Promise<void> | undefined {
    if (this.over) throw new CallEnded();
    return this.call.write(bytes) ? undefined : this.drained();
  }

  /**
   * Waits until the callback that `register` is given is called; it may also return for no reason. Throws `CallEnded`
   * when the call is over. `register` answers how to take the callback back.
   */
  async waitFor(register: (wake: () => void) => () => void): Promise<void> {
    if (this.over) throw new CallEnded();
    let takeBack: (() => void) | undefined;
    await new Promise<void>((resolve) => {
      this.sleepers.add(resolve);
      takeBack = register(resolve);
    });
    takeBack?.();
    // The call may have ended meanwhile, which the compiler cannot see.
    if (this.isOver) throw new CallEnded();
  }

  onceOver(callback: () => void): void {
    if (this.over) callback();
    else this.endings.push(callback);
  }

  finish(): void {
    if (!this.over) this.call.end();
  }

  /** Ends the call with the status of the error. */
  fail(error: Error): void {
    if (!this.over) this.call.emit('error', error);
  }

  private async drained(): Promise<void> {
    while (this.call.writableNeedDrain) await this.waitFor(() => () => undefined);
  }

  private ended(): void {
    if (this.over) return;
    this.over = true;
    this.wakeUp();
    for (const callback of this.endings.splice(0)) callback();
  }

  private wakeUp(): void {
    const sleepers = [...this.sleepers];
    this.sleepers.clear();
    for (const wake of sleepers) wake();
  }
}
