import { EventStoreUnavailable } from '../../src/event-store/event-store.port.js';
import type { Queue } from '../../src/queue/queue.port.js';
import { Consumption, DONE, Gate, message, messages, untilAborted } from './queue-support.js';
import { until } from '../support/until.js';

/** How messages reach their handlers, and what is settled when. */
export function describeDelivery(start: () => Promise<Queue>, restart: () => Promise<Queue>): void {
  describe('delivers', () => {
    it('what was published before and after the consumer came, in order of publishing', async () => {
      const queue = await start();
      const all = messages(600);
      await queue.publish(all.slice(0, 300));
      const consumption = new Consumption(queue);
      for (const each of all.slice(300)) await queue.publish([each]);
      await consumption.reached(600);
      await consumption.stop();
      const idsOf = (key: string) => all.filter((each) => each.key === key).map(({ id }) => id);
      for (const key of new Set(all.map((each) => each.key)))
        expect(consumption.delivered.filter((each) => each.key === key).map(({ id }) => id)).toEqual(idsOf(key));
      expect(await queue.stats()).toMatchObject({ unsettledMessages: 0, unsettledWeight: 0, deadLetters: 0 });
    });

    it('everything once, however many publish while slow handlers lag behind', async () => {
      const queue = await start();
      const consumption = new Consumption(queue, () => new Promise((done) => setImmediate(() => done(DONE))), 4);
      const all = messages(3_000);
      await Promise.all(all.map((each) => queue.publish([each])));
      await consumption.reached(3_000);
      await consumption.stop();
      expect(new Set(consumption.ids)).toEqual(new Set(all.map(({ id }) => id)));
      expect(consumption.ids).toHaveLength(3_000);
    });

    it('headers and a body of 1 MB byte for byte', async () => {
      const queue = await start();
      const body = Buffer.alloc(1024 * 1024, Buffer.from([0, 255, 128, 10, 13]));
      const headers = { 'x-request-id': 'r-1', text: 'ключ 𝄞\n' };
      await queue.publish([{ id: 'big', key: 'a/世界\n𝄞', weight: 3, headers, body }]);
      const consumption = new Consumption(queue);
      await consumption.reached(1);
      await consumption.stop();
      const [got] = consumption.delivered;
      expect(got).toMatchObject({ id: 'big', key: 'a/世界\n𝄞', weight: 3, headers });
      expect(got?.body.equals(body)).toBe(true);
    });

    it('at most maxInFlight messages at once', async () => {
      const queue = await start();
      await queue.publish(messages(50));
      const gate = new Gate();
      let running = 0;
      let most = 0;
      const handler = async () => {
        most = Math.max(most, ++running);
        await gate.opened;
        running--;
        return DONE;
      };
      const consumption = new Consumption(queue, handler, 3);
      await consumption.reached(3);
      await new Promise(setImmediate);
      expect(consumption.delivered).toHaveLength(3);
      gate.open();
      await consumption.reached(50);
      await consumption.stop();
      expect(most).toBe(3);
    });

    it('only so far ahead of a message that takes long', async () => {
      const queue = await start();
      await queue.publish(messages(400));
      const gate = new Gate();
      const handler = ({ id }: { id: string }) => (id === 'm0' ? gate.opened.then(() => DONE) : DONE);
      const consumption = new Consumption(queue, handler, 2);
      await consumption.reached(32);
      await new Promise(setImmediate);
      expect(consumption.delivered.length).toBeLessThan(100);
      gate.open();
      await consumption.reached(400);
      await consumption.stop();
    });
  });

  describe('commits', () => {
    it('nothing behind a message that is not settled, and redelivers from there', async () => {
      const queue = await start();
      await queue.publish(messages(6));
      const first = new Consumption(queue, (each, signal) => (each.id === 'm2' ? untilAborted(each, signal) : DONE));
      await first.reached(6);
      await until(async () => (await queue.stats()).unsettledMessages === 1);
      await first.stop();
      const second = new Consumption(await restart());
      await second.reached(4);
      await second.stop();
      expect(second.ids).toEqual(['m2', 'm3', 'm4', 'm5']);
    });

    it('what is settled, so that a restart redelivers none of it', async () => {
      const queue = await start();
      await queue.publish(messages(10));
      const first = new Consumption(queue);
      await first.reached(10);
      await until(async () => (await queue.stats()).unsettledMessages === 0);
      await first.stop();
      const [partition] = (await queue.stats()).partitions;
      expect(partition?.newest).toBeDefined();
      expect(partition?.committed).toEqual(partition?.newest);
      const again = await restart();
      expect(await again.stats()).toMatchObject({ unsettledMessages: 0, unsettledWeight: 0 });
      const second = new Consumption(again);
      await again.publish([message('later')]);
      await second.reached(1);
      await second.stop();
      expect(second.ids).toEqual(['later']);
    });

    it('while it runs, not only at its end', async () => {
      const queue = await start();
      const consumption = new Consumption(queue);
      await queue.publish(messages(3));
      await until(async () => {
        const [partition] = (await queue.stats()).partitions;
        return partition?.newest !== undefined && partition.committed === partition.newest;
      });
      await consumption.stop();
      expect(consumption.delivered).toHaveLength(3);
    });
  });

  describe('when a handler throws', () => {
    it('calls it again until it answers', async () => {
      const queue = await start();
      let calls = 0;
      const consumption = new Consumption(queue, () => {
        if (++calls < 3) throw new Error('not yet');
        return DONE;
      });
      await queue.publish([message('a')]);
      await consumption.reached(3);
      await until(async () => (await queue.stats()).unsettledMessages === 0);
      await consumption.stop();
      expect(await queue.deadLetters(10)).toEqual([]);
    });

    it('gives the message up as handler-failed after its tries, and goes on with the others', async () => {
      const queue = await start();
      const consumption = new Consumption(queue, ({ id }) => {
        if (id === 'bad') throw new TypeError('cannot');
        return DONE;
      });
      await queue.publish([message('bad', { weight: 5 }), message('good')]);
      await until(async () => (await queue.stats()).unsettledMessages === 0);
      await consumption.stop();
      expect(consumption.ids.filter((id) => id === 'bad')).toHaveLength(4);
      const [letter, ...others] = await queue.deadLetters(10);
      expect(letter).toMatchObject({ id: 'bad', weight: 5, reason: 'handler-failed', cause: 'TypeError: cannot' });
      expect(others).toEqual([]);
    });

    it('waits out an engine that is down, for more tries than any other error gets', async () => {
      const queue = await start();
      const consumption = new Consumption(queue, () => {
        if (consumption.delivered.length <= 12) throw new EventStoreUnavailable('down');
        return DONE;
      });
      await queue.publish([message('a')]);
      await until(async () => (await queue.stats()).unsettledMessages === 0);
      await consumption.stop();
      expect(consumption.delivered).toHaveLength(13);
      expect((await queue.stats()).deadLetters).toBe(0);
    });
  });

  describe('when the consumer stops', () => {
    it('tells the handlers, delivers nothing more, and keeps what they left open', async () => {
      const queue = await start();
      await queue.publish(messages(20));
      const first = new Consumption(queue, untilAborted, 5);
      await first.reached(5);
      await first.stop();
      expect(first.delivered).toHaveLength(5);
      expect(await queue.stats()).toMatchObject({ unsettledMessages: 20, unsettledWeight: 20, deadLetters: 0 });
      const second = new Consumption(queue);
      await second.reached(20);
      await second.stop();
      expect(second.ids).toEqual(messages(20).map(({ id }) => id));
    });

    it('takes the answers of handlers that end in time', async () => {
      const queue = await start();
      await queue.publish([message('a')]);
      const gate = new Gate();
      const first = new Consumption(queue, () => gate.opened.then(() => DONE));
      await first.reached(1);
      const stopped = first.stop();
      gate.open();
      await stopped;
      expect(await queue.stats()).toMatchObject({ unsettledMessages: 0, unsettledWeight: 0 });
    });

    it('ends at once when it was told to before it began', async () => {
      const queue = await start();
      await queue.consume({ maxInFlight: 1 }, () => Promise.resolve(DONE), AbortSignal.abort());
    });

    it('refuses a second consumer beside a first', async () => {
      const queue = await start();
      const first = new Consumption(queue);
      await expect(new Consumption(queue).ended).rejects.toThrow('consumer already');
      await first.stop();
    });
  });
}
