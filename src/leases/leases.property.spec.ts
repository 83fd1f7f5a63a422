import fc from 'fast-check';
import { LeaseWorld, type LeaseProcess, type Weather } from '../../test/support/lease-world.js';

const TTL = 6000;
const PROCESSES = 3;

interface Step {
  readonly process: number;
  readonly act: Weather | 'pause' | 'resume';
  readonly thenMs: number;
}

const weather = fc.constantFrom<Weather>('fine', 'fine', 'refused', 'lost', 'late', 'arrives-late');
const stepsOf = (acts: fc.Arbitrary<Step['act']>) =>
  fc.array(fc.record({ process: fc.nat(PROCESSES - 1), act: acts, thenMs: fc.nat(TTL * 1.5) }), { maxLength: 25 });

async function play(world: LeaseWorld, steps: readonly Step[], check: () => void): Promise<void> {
  for (const { process, act, thenMs } of steps) {
    const one = world.processes[process]!;
    if (act === 'pause') one.pause();
    else if (act === 'resume') one.resume();
    else one.weather = act;
    await world.advance(thenMs, check);
  }
}

/** Thrown, not expected: it is asked thousands of times. */
function atMostOne(working: readonly LeaseProcess[]): void {
  if (working.length > 1) throw new Error(`${working.length} processes work at once`);
}

describe('a lease among processes that pause, with a store that fails, is late and loses answers', () => {
  it('never lets two work at once, and is held again once all is well', async () => {
    const acts = fc.oneof(weather, fc.constantFrom('pause' as const, 'resume' as const));
    await fc.assert(
      fc.asyncProperty(stepsOf(acts), async (steps) => {
        const world = new LeaseWorld(PROCESSES, TTL, 0);
        const check = () => atMostOne(world.processes.filter(({ active }) => active));
        await play(world, steps, check);
        for (const one of world.processes) {
          one.resume();
          one.weather = 'fine';
        }
        await world.advance(TTL * 3, check);
        expect(world.processes.filter(({ active }) => active)).toHaveLength(1);
      }),
      { numRuns: 60 },
    );
  });

  it('is taken over only after the work of the other has had a third of its life to end', async () => {
    await fc.assert(
      fc.asyncProperty(stepsOf(weather), async (steps) => {
        const world = new LeaseWorld(PROCESSES, TTL, TTL / 3 - 1);
        const check = () => atMostOne(world.processes.filter(({ atWork }) => atWork));
        await play(world, steps, check);
      }),
      { numRuns: 40 },
    );
  });

  it('is held again within its life and a look after its holder went silent', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(TTL * 3), async (afterMs) => {
        const world = new LeaseWorld(PROCESSES, TTL, 0);
        await world.advance(afterMs + 1, () => undefined);
        const holder = world.processes.find(({ active }) => active)!;
        holder.pause();
        await world.advance(TTL + TTL / 6 + 1, () => undefined);
        expect(world.processes.filter((one) => one !== holder && one.active)).toHaveLength(1);
      }),
      { numRuns: 20 },
    );
  });
});
