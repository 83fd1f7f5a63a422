import { QueueFull, type Handled, type Queue } from '../../src/queue/queue.port.js';
import {
  Consumption,
  DONE,
  message,
  messages,
  untilAborted,
  type QueueCase,
  type QueueSettings,
} from './queue-support.js';
import { until } from '../support/until.js';

type Start = (settings?: Partial<QueueSettings>) => Promise<Queue>;

const REFUSED: Handled = { kind: 'dead', reason: 'not-decodable', cause: 'no JSON' };

/** Lets the handler refuse all of these messages. */
async function refuseAll(queue: Queue, ids: readonly string[]): Promise<void> {
  await queue.publish(ids.map((id) => message(id, { text: `body of ${id}` })));
  const consumption = new Consumption(queue, () => REFUSED);
  await until(async () => (await queue.stats()).unsettledMessages === 0);
  await consumption.stop();
}

/** What happens to messages that can never succeed. */
export function describeDeadLetters(start: Start, restart: Start, { countsByOffset = false }: QueueCase): void {
  describe('keeps a refused message as a dead letter', () => {
    it('whole, with the reason, and does not deliver it again', async () => {
      await refuseAll(await start(), ['a', 'b']);
      const queue = await restart();
      expect(await queue.stats()).toMatchObject({ unsettledMessages: 0, deadLetters: 2 });
      const letters = await queue.deadLetters(10);
      expect(letters).toMatchObject([
        { id: 'a', key: 'k', weight: 1, headers: {}, reason: 'not-decodable', cause: 'no JSON' },
        { id: 'b' },
      ]);
      expect(String(letters[0]?.body)).toBe('body of a');
      const consumption = new Consumption(queue);
      await queue.publish([message('c')]);
      await consumption.reached(1);
      await consumption.stop();
      expect(consumption.ids).toEqual(['c']);
    });

    it('and pages through many, oldest first', async () => {
      const queue = await start();
      await refuseAll(queue, ['a', 'b', 'c']);
      const [first, second] = await queue.deadLetters(2);
      expect([first?.id, second?.id]).toEqual(['a', 'b']);
      expect(await queue.deadLetters(2, second?.deadOffset)).toMatchObject([{ id: 'c' }]);
    });

    it('once, although a message before it is still open when the consumer stops', async () => {
      const queue = await start();
      await queue.publish(messages(3));
      const first = new Consumption(queue, (each, signal) => (each.id === 'm0' ? untilAborted(each, signal) : REFUSED));
      await until(async () => (await queue.stats()).deadLetters === 2);
      await first.stop();
      const again = await restart();
      expect(await again.stats()).toMatchObject({ unsettledMessages: 1, unsettledWeight: 1 });
      const second = new Consumption(again);
      await second.reached(1);
      await second.stop();
      expect(second.ids).toEqual(['m0']);
    });
  });

  describe('re-drives a dead letter', () => {
    it('by publishing it again and forgetting it', async () => {
      const queue = await start();
      await refuseAll(queue, ['a']);
      const [letter] = await queue.deadLetters(1);
      expect(await queue.redrive(letter!.deadOffset)).toBe(true);
      expect(await queue.stats()).toMatchObject({ unsettledMessages: 1, unsettledWeight: 1, deadLetters: 0 });
      const again = await restart();
      const unsettled = countsByOffset ? 2 : 1;
      expect(await again.stats()).toMatchObject({ unsettledMessages: unsettled, deadLetters: 0 });
      expect(await again.deadLetters(1)).toEqual([]);
      const consumption = new Consumption(again);
      await consumption.reached(1);
      await consumption.stop();
      expect(consumption.ids).toEqual(['a']);
      expect(String(consumption.delivered[0]?.body)).toBe('body of a');
    });

    it('once, when two ask for it at the same moment', async () => {
      const queue = await start();
      await refuseAll(queue, ['a']);
      const [letter] = await queue.deadLetters(1);
      const answers = await Promise.all([queue.redrive(letter!.deadOffset), queue.redrive(letter!.deadOffset)]);
      expect(answers.sort()).toEqual([false, true]);
      expect(await queue.stats()).toMatchObject({ unsettledMessages: 1, unsettledWeight: 1, deadLetters: 0 });
    });

    it('not when there is none of that number', async () => {
      const queue = await start();
      expect(await queue.redrive(12n)).toBe(false);
    });

    it('not beyond the bound of unsettled work: then it stays dead', async () => {
      const queue = await start({ maxUnsettledWeight: 1 });
      await refuseAll(queue, ['a']);
      await queue.publish([message('b')]);
      const [letter] = await queue.deadLetters(1);
      await expect(queue.redrive(letter!.deadOffset)).rejects.toThrow(QueueFull);
      expect(await queue.stats()).toMatchObject({ unsettledMessages: 1, deadLetters: 1 });
      const consumption = new Consumption(queue, () => DONE);
      await consumption.reached(1);
      await consumption.stop();
    });
  });
}
