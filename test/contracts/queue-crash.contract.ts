import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Queue } from '../../src/queue/queue.port.js';
import { Consumption, type QueueCase } from './queue-support.js';

/** Runs a process that publishes (and settles some) until it is killed without warning; answers what it confirmed. */
async function killWhilePublishing(childModule: string, place: string, confirmations: number): Promise<Set<string>> {
  const child = spawn(
    process.execPath,
    ['--import', 'tsx', new URL('queue-crash-child.ts', import.meta.url).pathname, childModule, place],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  const exited = once(child, 'exit');
  const confirmed = new Set<string>();
  for await (const line of createInterface({ input: child.stdout })) {
    confirmed.add(line);
    if (confirmed.size === confirmations) child.kill('SIGKILL');
  }
  await exited;
  return confirmed;
}

/** What a killed process may not take with it. */
export function describeCrash({ newPlace, childModule }: QueueCase, openAt: (place: string) => Promise<Queue>): void {
  it('loses no confirmed message when its process is killed, and settles nothing by itself', async () => {
    const place = await newPlace();
    const published = new Set<string>();
    const settled = new Set<string>();
    for (const confirmations of [40, 700]) {
      for (const line of await killWhilePublishing(childModule, place, confirmations)) {
        const [what, id] = line.split(' ');
        (what === 'settled' ? settled : published).add(id!);
      }
    }
    const queue = await openAt(place);
    const { unsettledMessages } = await queue.stats();
    const consumption = new Consumption(queue);
    await consumption.reached(unsettledMessages);
    await consumption.stop();
    const redelivered = new Set(consumption.ids);
    expect(published.size).toBeGreaterThan(100);
    expect([...published].filter((id) => !redelivered.has(id) && !settled.has(id))).toEqual([]);
    expect(redelivered.size).toBe(unsettledMessages);
  }, 60_000);
}
