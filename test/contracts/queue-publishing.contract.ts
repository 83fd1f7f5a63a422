import { QueueFull, QueueUnavailable, type Queue } from '../../src/queue/queue.port.js';
import {
  Consumption,
  DONE,
  Gate,
  message,
  messages,
  untilAborted,
  type QueueCase,
  type QueueSettings,
} from './queue-support.js';
import { until } from '../support/until.js';

type Start = (settings?: Partial<QueueSettings>) => Promise<Queue>;

/** Publishing, its bound, and the end of the queue. */
export function describePublishing(start: Start, restart: Start, { countsByOffset = false }: QueueCase): void {
  describe('publishes', () => {
    it('for 5,000 callers at once and loses nothing', async () => {
      const queue = await start();
      await Promise.all(messages(5_000).map((each) => queue.publish([each])));
      expect((await queue.stats()).unsettledMessages).toBe(5_000);
      const consumption = new Consumption(await restart(), () => DONE, 64);
      await consumption.reached(5_000);
      await consumption.stop();
      expect(new Set(consumption.ids).size).toBe(5_000);
    });

    it('nothing for an empty list', async () => {
      const queue = await start();
      await queue.publish([]);
      expect(await queue.stats()).toMatchObject({ unsettledMessages: 0 });
    });

    it('no message that weighs nothing', async () => {
      const queue = await start();
      await expect(queue.publish([message('a'), message('b', { weight: 0 })])).rejects.toThrow('weighs');
      expect(await queue.stats()).toMatchObject({ unsettledMessages: 0, unsettledWeight: 0 });
    });

    it('one key to one partition', async () => {
      const queue = await start();
      expect(queue.partitionOf('a/b')).toBe(queue.partitionOf('a/b'));
    });
  });

  describe('holds as much unsettled work as its bound and', () => {
    it('refuses the unit beyond it, all messages of the call or none', async () => {
      const queue = await start({ maxUnsettledWeight: 10 });
      await queue.publish([message('a', { weight: 4 }), message('b', { weight: 5 })]);
      await expect(queue.publish([message('c'), message('d')])).rejects.toThrow(QueueFull);
      expect(await queue.stats()).toMatchObject({ unsettledMessages: 2, unsettledWeight: 9 });
      await queue.publish([message('e')]);
      await expect(queue.publish([message('f')])).rejects.toThrow(QueueFull);
      const consumption = new Consumption(queue);
      await consumption.reached(3);
      await consumption.stop();
      expect(consumption.ids).toEqual(['a', 'b', 'e']);
    });

    it('takes what replaces a message in hand all the same', async () => {
      const queue = await start({ maxUnsettledWeight: 2 });
      await queue.publish([message('a', { weight: 2 })]);
      await expect(queue.publish([message('b')])).rejects.toThrow(QueueFull);
      await queue.publish([message('c', { weight: 2 })], { replacing: true });
      expect(await queue.stats()).toMatchObject({ unsettledMessages: 2, unsettledWeight: 4 });
    });

    it('keeps to it when many publish at the same moment', async () => {
      const queue = await start({ maxUnsettledWeight: 25 });
      const results = await Promise.allSettled(messages(60).map((each) => queue.publish([each])));
      expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(25);
      expect((await queue.stats()).unsettledWeight).toBe(25);
    });

    it('takes new work as soon as some is settled', async () => {
      const queue = await start({ maxUnsettledWeight: 2 });
      await queue.publish(messages(2));
      const gate = new Gate();
      const consumption = new Consumption(queue, () => gate.opened.then(() => DONE));
      await consumption.reached(2);
      await expect(queue.publish([message('early')])).rejects.toThrow(QueueFull);
      gate.open();
      await until(async () => (await queue.stats()).unsettledWeight === 0);
      await queue.publish([message('late')]);
      await consumption.reached(3);
      await consumption.stop();
    });

    it('remembers what it holds when it is opened again', async () => {
      const queue = await start({ maxUnsettledWeight: 8 });
      await queue.publish([message('a', { weight: 3 }), message('b', { weight: 4 })]);
      const again = await restart({ maxUnsettledWeight: 8 });
      const weight = countsByOffset ? 2 : 7;
      expect(await again.stats()).toMatchObject({ unsettledMessages: 2, unsettledWeight: weight });
      await expect(again.publish([message('c', { weight: 9 - weight })])).rejects.toThrow(QueueFull);
    });

    it('counts work again that a stopped consumer settled out of turn', async () => {
      const queue = await start({ maxUnsettledWeight: 10 });
      await queue.publish(messages(4));
      const first = new Consumption(queue, (each, signal) => (each.id === 'm0' ? untilAborted(each, signal) : DONE));
      await until(async () => (await queue.stats()).unsettledWeight === 1);
      await first.stop();
      expect((await queue.stats()).unsettledWeight).toBe(4);
      const second = new Consumption(queue);
      await until(async () => (await queue.stats()).unsettledWeight === 0);
      await second.stop();
      expect(await queue.stats()).toMatchObject({ unsettledMessages: 0, unsettledWeight: 0 });
    });

    it('refuses what is heavier than the bound, also when it is empty', async () => {
      const queue = await start({ maxUnsettledWeight: 3 });
      await expect(queue.publish([message('a', { weight: 4 })])).rejects.toThrow(QueueFull);
    });
  });

  describe('closed', () => {
    it('refuses everything, but what was accepted before is durable', async () => {
      const queue = await start();
      const accepted = queue.publish([message('a')]);
      const closed = queue.close();
      await expect(queue.publish([message('b')])).rejects.toThrow(QueueUnavailable);
      await accepted;
      await closed;
      await queue.close();
      await expect(queue.stats()).rejects.toThrow(QueueUnavailable);
      await expect(queue.deadLetters(1)).rejects.toThrow(QueueUnavailable);
      await expect(queue.redrive(1n)).rejects.toThrow(QueueUnavailable);
      await expect(new Consumption(queue).ended).rejects.toThrow(QueueUnavailable);
      expect((await (await restart()).stats()).unsettledMessages).toBe(1);
    });

    it('under a consumer, waits for its handlers', async () => {
      const queue = await start();
      await queue.publish(messages(3));
      const consumption = new Consumption(queue, untilAborted);
      await consumption.reached(3);
      await queue.close();
      await consumption.ended;
      expect((await (await restart()).stats()).unsettledMessages).toBe(3);
    });
  });
}
