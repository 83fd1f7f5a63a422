import { Partitioners } from 'kafkajs';
import { murmur2, partitionFor } from './partitions.js';

describe('the partition of a key', () => {
  // The values that Kafka's own tests give for these keys.
  it.each([
    ['21', -973932308],
    ['foobar', -790332482],
    ['a-little-bit-long-string', -985981536],
    ['a-little-bit-longer-string', -1486304829],
    ['lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8', -58897971],
    ['abc', 479470107],
  ])('follows from the hash that Kafka uses (%s)', (key, hash) => {
    expect(murmur2(Buffer.from(key))).toBe(hash);
  });

  it('is where other producers put it, for keys of any length and alphabet', () => {
    const choose = Partitioners.DefaultPartitioner();
    const partitionMetadata = Array.from({ length: 7 }, (_, partitionId) => ({
      ...{ partitionId, leader: 1, partitionErrorCode: 0, replicas: [1], isr: [1] },
    }));
    for (let n = 0; n < 500; n++) {
      const key = `${'ключ/世界/𝄞'.slice(0, n % 10)}${n ** 3}${'x'.repeat(n % 13)}`;
      expect(partitionFor(key, 7)).toBe(choose({ topic: 't', partitionMetadata, message: { key, value: '' } }));
    }
    expect(partitionFor('', 7)).toBe(choose({ topic: 't', partitionMetadata, message: { key: '', value: '' } }));
  });
});
