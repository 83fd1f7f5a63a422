import { OffsetLedger } from './offset-ledger.js';

const taken = (...offsets: number[]) => {
  const ledger = new OffsetLedger();
  for (const offset of offsets) ledger.take(BigInt(offset));
  return ledger;
};

describe('the offset ledger', () => {
  it('commits nothing while the first offset is in flight', () => {
    const ledger = taken(5, 6, 9);
    ledger.settle(6n);
    ledger.settle(9n);
    expect(ledger.committable).toBeUndefined();
    expect(ledger.window).toBe(3);
  });

  it('commits the whole settled prefix once the gap closes', () => {
    const ledger = taken(5, 6, 9, 10);
    ledger.settle(6n);
    ledger.settle(9n);
    ledger.settle(5n);
    expect(ledger.committable).toBe(9n);
    expect(ledger.window).toBe(1);
  });

  it('refuses offsets that go backwards, also behind what was committed', () => {
    const ledger = taken(3);
    expect(() => ledger.take(3n)).toThrow('taken after');
    ledger.settle(3n);
    expect(() => ledger.take(2n)).toThrow('taken after');
  });

  it('refuses to settle what is not in flight, or twice', () => {
    const ledger = taken(1, 2, 3);
    expect(() => ledger.settle(7n)).toThrow('not in flight');
    ledger.settle(2n);
    expect(() => ledger.settle(2n)).toThrow('not in flight');
    ledger.settle(1n);
    expect(() => ledger.settle(1n)).toThrow('not in flight');
  });

  it('holds on to nothing that is settled, over many offsets', () => {
    const ledger = new OffsetLedger();
    for (let offset = 0n; offset < 10_000n; offset++) {
      ledger.take(offset);
      if (offset >= 10n) ledger.settle(offset - 10n);
    }
    expect(ledger.window).toBe(10);
    expect(ledger.committable).toBe(9989n);
  });
});
