import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { LocalStore } from '../../src/object-store/local/local-store.js';
import { describeDestination, describeSource, type DestinationCase } from './object-store.contract.js';

describe('the local store', () => {
  const root = mkdtempSync(join(tmpdir(), 'openoms-local-'));
  afterAll(() => rmSync(root, { recursive: true }));
  let count = 0;

  const subject: DestinationCase = {
    traits: {
      listsInKeyOrder: true,
      keepsMetadata: false,
      checksum: 'none',
      maxPutBytes: Infinity,
      takesUnknownSizes: true,
    },
    seed: (objects) => {
      const bucket = `bucket-${++count}`;
      mkdirSync(join(root, bucket));
      for (const [key, content] of Object.entries(objects)) {
        mkdirSync(dirname(join(root, bucket, key)), { recursive: true });
        writeFileSync(join(root, bucket, key), content);
      }
      return Promise.resolve(new LocalStore({ root, bucket }));
    },
    missingBucket: () => Promise.resolve(new LocalStore({ root, bucket: 'missing' })),
    refusedKeys: ['a//b', '/leading', 'trailing/', './x', 'a/./b', 'a/../b', '..', 'k'.repeat(1024)],
    keysArePaths: true,
  };
  describeSource(subject);
  describeDestination(subject);
});
