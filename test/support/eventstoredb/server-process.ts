import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { createInterface } from 'node:readline';
import type grpc from '@grpc/grpc-js';
import type { ControlCommand } from './control-server.js';
import type { EventStoreDBOptions, ServerStatistics } from './eventstoredb-server.js';
import type { Leader, Method } from './faults.js';
import { HOST } from './listener.js';

interface Announcement {
  readonly connectionString: string;
  readonly discoverConnectionString: string;
  readonly port: number;
  readonly controlPort: number;
}

const ROOT = path.resolve(import.meta.dirname, '../../..');
const MAIN = path.join(import.meta.dirname, 'main.ts');
const START_TIMEOUT_MS = 20_000;

/** The server as a process of its own. What it holds is in memory: it ends with the process. */
export class EventStoreDBProcess {
  private constructor(
    private readonly child: ChildProcess,
    private readonly announced: Announcement,
  ) {}

  /** Starts it and waits until it listens. A clock cannot be given; `advanceTime` moves the one that it has. */
  static async start(options: Omit<EventStoreDBOptions, 'now'> = {}): Promise<EventStoreDBProcess> {
    const child = spawn(process.execPath, ['--import', 'tsx', MAIN, JSON.stringify(options)], {
      cwd: ROOT,
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    const giveUp = AbortSignal.timeout(START_TIMEOUT_MS);
    try {
      const lines = createInterface(child.stdout);
      const early = once(child, 'exit', { signal: giveUp }).then(() => {
        throw new Error('The event store server ended before it listened');
      });
      const [line] = (await Promise.race([once(lines, 'line', { signal: giveUp }), early])) as [string];
      return new EventStoreDBProcess(child, JSON.parse(line) as Announcement);
    } catch (error) {
      child.kill('SIGKILL');
      throw error;
    }
  }

  get connectionString(): string {
    return this.announced.connectionString;
  }

  get discoverConnectionString(): string {
    return this.announced.discoverConnectionString;
  }

  get port(): number {
    return this.announced.port;
  }

  get pid(): number {
    return this.child.pid ?? -1;
  }

  async statistics(): Promise<ServerStatistics> {
    return (await this.command({ do: 'statistics' })) as ServerStatistics;
  }

  async dropConnections(): Promise<number> {
    return (await this.command({ do: 'dropConnections' })) as number;
  }

  async refuseConnections(): Promise<void> {
    await this.command({ do: 'refuseConnections' });
  }

  async acceptConnections(): Promise<void> {
    await this.command({ do: 'acceptConnections' });
  }

  async delay(ms: number, methods?: readonly Method[]): Promise<void> {
    await this.command({ do: 'delay', ms, ...(methods && { methods }) });
  }

  async stall(methods?: readonly Method[]): Promise<void> {
    await this.command({ do: 'stall', ...(methods && { methods }) });
  }

  async release(): Promise<void> {
    await this.command({ do: 'release' });
  }

  async loseAnswers(count: number, methods?: readonly Method[]): Promise<void> {
    await this.command({ do: 'loseAnswers', count, ...(methods && { methods }) });
  }

  async failNext(method: Method, code: grpc.status, options: { times?: number; details?: string } = {}): Promise<void> {
    await this.command({ do: 'failNext', method, code, ...options });
  }

  async failSubscriptions(code: grpc.status, details?: string): Promise<number> {
    return (await this.command({ do: 'failSubscriptions', code, ...(details && { details }) })) as number;
  }

  async notLeader(leader?: Leader): Promise<void> {
    await this.command({ do: 'notLeader', ...(leader && { leader }) });
  }

  async clearFaults(): Promise<void> {
    await this.command({ do: 'clear' });
  }

  async advanceTime(ms: number): Promise<void> {
    await this.command({ do: 'advanceTime', ms });
  }

  async scavenge(): Promise<number> {
    return (await this.command({ do: 'scavenge' })) as number;
  }

  /** As a machine that hangs: connections stay, nothing moves, until `resume`. */
  suspend(): void {
    this.child.kill('SIGSTOP');
  }

  resume(): void {
    this.child.kill('SIGCONT');
  }

  /** As the power going out. All that was stored is lost with it. */
  async kill(): Promise<void> {
    await this.end('SIGKILL');
  }

  async stop(): Promise<void> {
    this.resume();
    await this.end('SIGTERM');
  }

  private async command(command: ControlCommand): Promise<unknown> {
    const url = `http://${HOST}:${this.announced.controlPort}`;
    const response = await fetch(url, { method: 'POST', body: JSON.stringify(command) });
    const answer: unknown = await response.json();
    if (!response.ok) throw new Error(`The event store server refused ${command.do}: ${JSON.stringify(answer)}`);
    return answer;
  }

  private async end(signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const exited = once(this.child, 'exit');
    this.child.kill(signal);
    await exited;
  }
}
