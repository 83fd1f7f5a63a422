import { setTimeout as sleep } from 'node:timers/promises';
import type { Produce, Wanted } from './producers.js';

/** What is to happen once this share of the requests may be made. */
export interface Incident {
  readonly at: number;
  readonly what: string;
  readonly happen: () => unknown;
}

/**
 * Has the producers make all requests, several at a time each, while the incidents happen in their order. Before each incident
 * the producers are held at its share, so that every one of them finds work under way and work to come.
 */
export async function produceUnderChaos(
  wanted: readonly Wanted[],
  producers: readonly { readonly produce: Produce; readonly parallel: number }[],
  incidents: readonly Incident[],
  log: (line: string) => void = () => undefined,
): Promise<void> {
  const gate = { allowed: 0, failed: false };
  const producing = Promise.all(
    producers.map(({ produce, parallel }, index) => {
      const mine = wanted
        .map((each, place) => ({ each, place }))
        .filter(({ place }) => place % producers.length === index);
      const queue = mine.values();
      return Promise.all(
        Array.from({ length: parallel }, async () => {
          for (const { each, place } of queue) {
            while (place >= gate.allowed && !gate.failed) await sleep(5);
            if (gate.failed) return;
            await produce(each);
          }
        }),
      );
    }),
  ).catch((error: unknown) => {
    gate.failed = true;
    throw error;
  });
  const happening = (async () => {
    for (const { at, what, happen } of incidents) {
      gate.allowed = Math.ceil(wanted.length * at);
      await sleep(1500);
      if (gate.failed) return;
      log(what);
      await happen();
    }
    gate.allowed = wanted.length;
  })().catch((error: unknown) => {
    gate.failed = true;
    throw error;
  });
  await Promise.all([producing, happening]);
}
