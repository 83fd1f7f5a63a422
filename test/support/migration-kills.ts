import { setTimeout as sleep } from 'node:timers/promises';
import type { ServiceStage } from './service-stage.js';

export interface Kills {
  readonly kills: number;
  readonly random: () => number;
  /** The share of the work that is done, from 0 to 1. */
  readonly progress: () => Promise<number>;
  readonly timeoutMs: number;
  /** Told before each kill, the share with it. */
  readonly beforeKill?: (share: number) => unknown;
}

const LOOK_EVERY_MS = 3;
const MAX_LATE_MS = 40;
/** Every so many-th kill comes soon after the start, whatever was done by then. */
const EARLY_EVERY = 5;
const MAX_EARLY_MS = 1000;

/**
 * Kills the service at random moments, spread over the whole of its work and not over time, so that every kill finds work under
 * way however fast it is; and starts it again each time.
 */
export async function killAtRandom(stage: ServiceStage, { kills, random, progress, timeoutMs, beforeKill }: Kills) {
  const giveUpAt = Date.now() + timeoutMs;
  const shares = Array.from({ length: kills }, () => 0.98 * random()).sort((a, b) => a - b);
  for (const [at, share] of shares.entries()) {
    if (at % EARLY_EVERY === EARLY_EVERY - 1) await sleep(random() * MAX_EARLY_MS);
    else {
      while ((await progress()) < share) {
        if (Date.now() > giveUpAt) throw new Error(`Kill ${at + 1}: ${share} of the work was not done in time`);
        await sleep(LOOK_EVERY_MS);
      }
      await sleep(random() * MAX_LATE_MS);
    }
    beforeKill?.(await progress());
    await stage.service.kill();
    await stage.start();
  }
}
