import { randomUUID } from 'node:crypto';
import { SqliteEventStore } from '../../src/event-store/sqlite/sqlite-event-store.js';

/** A process that appends for ever, 20 writers at once, and prints each id once its append is acknowledged. */
const store = SqliteEventStore.open({ file: process.argv[2] ?? '' });
const metadata = { correlationId: 'c', actor: 'writer', schemaVersion: 1 };

async function write(writer: number): Promise<never> {
  for (let n = 0; ; n++) {
    const id = randomUUID();
    await store.append(`w-${writer}`, n === 0 ? 'no-stream' : BigInt(n - 1), [
      { id, type: 'Written', data: { n }, metadata },
    ]);
    process.stdout.write(`${id}\n`);
  }
}

await Promise.all(Array.from({ length: 20 }, (_, writer) => write(writer)));
