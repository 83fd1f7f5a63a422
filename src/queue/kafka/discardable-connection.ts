import { endWithin } from './within.js';

interface Connectable {
  connect(): Promise<void>;
  disconnect(): Promise<void>;
}

/** A producer or admin of the client: connected when it is first needed, and made anew after it was discarded. */
export class DiscardableConnection<T extends Connectable> {
  private connection: Promise<T> | undefined;

  constructor(
    private readonly make: () => T,
    /** How long a disconnection is waited for, in milliseconds; it may hang. */
    private readonly disconnectMs: number,
  ) {}

  /** The connection of now, or the one that is being made for others who asked. Rejects when it cannot be made; then discard it. */
  get(): Promise<T> {
    return (this.connection ??= this.connected());
  }

  /** Lets go of it, so that the next who asks gets a new one. Never rejects. */
  async discard(): Promise<void> {
    const { connection } = this;
    this.connection = undefined;
    if (connection) await endWithin(this.disconnectMs, this.disconnected(connection));
  }

  private async connected(): Promise<T> {
    const made = this.make();
    try {
      await made.connect();
    } catch (error) {
      void endWithin(this.disconnectMs, made.disconnect());
      throw error;
    }
    return made;
  }

  private async disconnected(connection: Promise<T>): Promise<void> {
    await (await connection).disconnect();
  }
}
