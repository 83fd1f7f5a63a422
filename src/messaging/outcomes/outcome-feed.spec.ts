import { ManualClock } from '../../../test/support/manual-clock.js';
import { ManualTime, settle } from '../../../test/support/manual-time.js';
import { readSyncOutcome } from '../../../test/support/public-messages.js';
import { until } from '../../../test/support/until.js';
import { MemoryEventStore } from '../../event-store/memory/memory-event-store.js';
import { timeOrderedId } from '../../kernel/ids.js';
import { silentLog } from '../../kernel/log.js';
import type { OutcomePublisher, OutcomeRecord } from '../../queue/outcome-publisher.port.js';
import { OutcomeCheckpoint } from './outcome-checkpoint.js';
import { OutcomeFeed } from './outcome-feed.js';

const SAVE_EVERY_MS = 1000;
const metadata = { correlationId: 'c', actor: 'test', schemaVersion: 1 };

/** A topic in memory that refuses, or does not answer, on command. */
class Topic implements OutcomePublisher {
  readonly calls: (readonly OutcomeRecord[])[] = [];
  broken = false;
  silent = false;

  async publish(records: readonly OutcomeRecord[], signal: AbortSignal): Promise<void> {
    if (this.broken) throw new Error('the topic is gone');
    if (this.silent)
      await new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(new Error('aborted'))));
    this.calls.push(records);
    await settle();
  }

  get ids(): string[] {
    return this.calls.flat().map(({ headers }) => headers['sync-event-id'] ?? '');
  }
}

describe('the outcome feed', () => {
  const clock = new ManualClock();
  let store: MemoryEventStore;
  let topic: Topic;
  let time: ManualTime;
  let stop: AbortController;
  const started: AbortController[] = [];
  let running: Promise<void>;

  const settleEvent = async (id: string, keys: readonly string[] = ['a']) => {
    const at = clock.now().toISOString();
    const outcomes = keys.map((key) => ({ key, outcome: 'synced', size: 1, proof: 'md5' }));
    await store.append(`syncEvent-${id}`, 'no-stream', [
      { id: timeOrderedId(), type: 'SyncEventCreated', data: { syncTaskId: 't', keys, at }, metadata },
      { id: timeOrderedId(), type: 'SyncEventSettled', data: { syncTaskId: 't', outcomes, at }, metadata },
    ]);
  };
  const start = () => {
    started.push((stop = new AbortController()));
    const options = { format: 'protobuf', saveEveryMs: SAVE_EVERY_MS } as const;
    const projectOf = () => Promise.resolve('p');
    const checkpoint = new OutcomeCheckpoint(store, clock);
    running = new OutcomeFeed(store, checkpoint, topic, projectOf, silentLog, options, time).run(stop.signal);
    running.catch(() => undefined);
  };
  const end = async () => {
    stop.abort();
    await running;
  };
  /** Started for the first time and ready for what comes. */
  const begin = async () => {
    start();
    await until(async () => (await new OutcomeCheckpoint(store, clock).load()) !== 'never');
  };

  beforeEach(() => {
    store = new MemoryEventStore({ clock });
    topic = new Topic();
    time = new ManualTime();
  });
  afterEach(async () => {
    for (const each of started.splice(0)) each.abort();
    await running.catch(() => undefined);
    await store.close();
  });

  it('begins at the end of the log', async () => {
    await settleEvent('old');
    await begin();
    await settleEvent('new');
    await until(() => topic.calls.length > 0);
    expect(topic.ids).toEqual(['new']);
    expect(readSyncOutcome(topic.calls[0]![0]!.value, 'protobuf')).toMatchObject({ project_id: 'p' });
  });

  it('begins at the beginning of a log that is empty, also after a crash before anything came', async () => {
    await begin();
    topic.silent = true;
    await settleEvent('first');
    await end();
    topic.silent = false;
    start();
    await until(() => topic.calls.length > 0);
    expect(topic.ids).toEqual(['first']);
  });

  it('goes on where another one ended, with what came in between, and repeats nothing', async () => {
    await begin();
    await settleEvent('one');
    await until(() => topic.ids.includes('one'));
    await end();
    await settleEvent('two');
    start();
    await settleEvent('three');
    await until(() => topic.ids.includes('three'));
    expect(topic.ids).toEqual(['one', 'two', 'three']);
  });

  it('publishes again what a crash left unsaved, and no more', async () => {
    await begin();
    await settleEvent('saved');
    await until(() => topic.ids.includes('saved'));
    await time.advance(SAVE_EVERY_MS);
    await settleEvent('unsaved');
    await until(() => topic.ids.includes('unsaved'));
    start(); // the one before never comes to save
    await until(() => topic.ids.length > 2);
    expect(topic.ids).toEqual(['saved', 'unsaved', 'unsaved']);
  });

  it('fails when the topic does, and loses nothing by it', async () => {
    await begin();
    topic.broken = true;
    await settleEvent('one');
    await expect(running).rejects.toThrow('the topic is gone');
    topic.broken = false;
    await settleEvent('two');
    start();
    await until(() => topic.ids.includes('two'));
    expect(topic.ids).toEqual(['one', 'two']);
  });

  it('fails when its position cannot be saved', async () => {
    await begin();
    await settleEvent('one');
    await until(() => topic.ids.includes('one'));
    store.append = () => Promise.reject(new Error('no disk'));
    await time.advance(SAVE_EVERY_MS);
    await expect(running).rejects.toThrow('no disk');
  });

  it('ends in the middle of a publish', async () => {
    await begin();
    topic.silent = true;
    await settleEvent('one');
    await settle();
    await end();
    expect(topic.calls).toEqual([]);
  });

  it('groups what has gathered, by number and by bytes', async () => {
    await begin();
    topic.broken = true;
    await settleEvent('0');
    await expect(running).rejects.toThrow();
    topic.broken = false;
    const many = Array.from({ length: 1200 }, (_, index) => String(index + 1));
    for (const id of many) await settleEvent(id);
    const large = Array.from({ length: 100 }, (_, index) => String(index).padEnd(1000, 'k'));
    const largeOnes = Array.from({ length: 10 }, (_, index) => `large-${index}`);
    for (const id of largeOnes) await settleEvent(id, large);
    start();
    await until(() => topic.ids.includes('large-9'));
    expect(topic.ids).toEqual(['0', ...many, ...largeOnes]);
    for (const call of topic.calls) {
      expect(call.length).toBeLessThanOrEqual(500);
      expect(call.reduce((sum, { value }) => sum + value.length, 0)).toBeLessThanOrEqual(512 * 1024);
    }
    expect(topic.calls.length).toBeLessThan(30);
  });

  it('does not save again and again when nothing but its own position moves the log', async () => {
    await begin();
    await settleEvent('one');
    await until(() => topic.ids.includes('one'));
    await time.advance(SAVE_EVERY_MS * 100);
    expect((await store.read('syncOutcomes-a')).events).toHaveLength(2);
  });
});
