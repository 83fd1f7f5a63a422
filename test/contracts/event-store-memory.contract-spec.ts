import { MemoryEventStore } from '../../src/event-store/memory/memory-event-store.js';
import { ManualClock } from '../support/manual-clock.js';
import { describeEventStore } from './event-store.contract.js';
import type { OpenStore } from './event-store-support.js';

const open: OpenStore = (options) => Promise.resolve(new MemoryEventStore(options));

describe('the memory event store', () =>
  describeEventStore({ open, ageing: () => Promise.resolve({ open, clock: new ManualClock() }) }));
