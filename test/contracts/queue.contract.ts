import type { Queue } from '../../src/queue/queue.port.js';
import { describeCrash } from './queue-crash.contract.js';
import { describeDeadLetters } from './queue-dead-letters.contract.js';
import { describeDelivery } from './queue-delivery.contract.js';
import { describePublishing } from './queue-publishing.contract.js';
import type { QueueCase, QueueSettings } from './queue-support.js';

const SETTINGS: QueueSettings = {
  maxUnsettledWeight: 100_000,
  retry: { attempts: 4, baseDelayMs: 1, maxDelayMs: 5 },
};

/** What every queue promises. Each test has a place of its own, and whatever it opened is closed behind it. */
export function describeQueue(name: string, queueCase: QueueCase): void {
  describe(name, () => {
    let place: string;
    let open: Queue[] = [];

    const openAt = async (where: string, settings: Partial<QueueSettings> = {}) => {
      const queue = await queueCase.open(where, { ...SETTINGS, ...settings });
      open.push(queue);
      return queue;
    };
    const start = async (settings?: Partial<QueueSettings>) => openAt((place = await queueCase.newPlace()), settings);
    const restart = async (settings?: Partial<QueueSettings>) => {
      await Promise.all(open.map((queue) => queue.close()));
      return openAt(place, settings);
    };

    afterEach(async () => {
      await Promise.all(open.map((queue) => queue.close()));
      open = [];
    });

    describePublishing(start, restart, queueCase);
    describeDelivery(start, restart);
    describeDeadLetters(start, restart, queueCase);
    describeCrash(queueCase, openAt);
  });
}
