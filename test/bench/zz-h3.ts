import { ObjectPages } from '../../src/transfer/migration/object-pages.js';
import { migrate } from '../../src/transfer/migration/migrate.js';
import { MemoryBuckets } from '../../src/object-store/memory/memory-buckets.js';
import { MemoryStore } from '../../src/object-store/memory/memory-store.js';
import { MIGRATION_COPY, FRESH_START } from '../../test/support/migration-world.js';
const N = 1_000_000;
const pages: any[][] = [];
const save = process.argv[2] ?? '';
const mk = (pre: string, t: number) => {
  const out: any[][] = [];
  for (let p = 0; p < N / 1000; p++) {
    const page: any[] = [];
    for (let i = 0; i < 1000; i++) {
      const n = p * 1000 + i;
      page.push({
        key: Buffer.from(
          pre +
            'some/prefix/of/keys/dir-' +
            String(Math.floor(n / 5000)).padStart(4, '0') +
            '/object-' +
            String(n).padStart(9, '0') +
            '.bin',
        ).toString(),
        size: 4096,
        lastModifiedMs: t,
        etag: 'abcdef0123456789abcdef0123456789',
      });
    }
    out.push(page);
  }
  return out;
};
const A = mk('', 1000_000),
  B = mk(save, 2000_000);
const store = (pages: any[][], name: string) =>
  Object.assign(new MemoryStore(new MemoryBuckets(['b']), 'b'), {
    async *listPages(prefix: string, after: string | undefined, signal: AbortSignal) {
      for (const p of pages) {
        await Promise.resolve();
        yield p;
      }
    },
  });
for (let r = 0; r < 5; r++) {
  const s = store(A, 'a'),
    d = store(B, 'b');
  const t0 = performance.now();
  const c0 = process.cpuUsage();
  let n = 0,
    reports = 0,
    skipped = 0;
  await migrate(
    s as any,
    d as any,
    new ObjectPages(s as any, { prefixes: [''], names: [] }, { pageObjects: 1000 }),
    FRESH_START,
    { copy: MIGRATION_COPY, objectsInFlight: 64, listAheadObjects: 50_000, savePrefix: save, migrateSinceMs: 0 },
    {
      async page(r) {
        reports++;
        n += r.objects.length;
        skipped += r.objects[0]!.outcome === 'skipped' ? r.objects.length : 0;
        await Promise.resolve();
      },
      async scanned() {},
      async uploadBegan() {},
      moved() {},
    },
    new AbortController().signal,
  );
  const c = process.cpuUsage(c0);
  (globalThis as any).gc();
  console.log(JSON.stringify(process.memoryUsage()));
  console.log(
    `${(((performance.now() - t0) / N) * 1e6).toFixed(0)} ns a key, cpu ${(((c.user + c.system) / N) * 1000).toFixed(0)} ns, reports ${reports}, ${n} ${skipped}, rss ${(process.memoryUsage().rss / 1e6).toFixed(0)}`,
  );
}
