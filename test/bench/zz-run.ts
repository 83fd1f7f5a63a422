import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { readFileSync } from 'node:fs';
import { runRclone } from '/work/main/test/bench/rclone.ts';
const start = async (made: string[]) => {
  const child = spawn(
    process.execPath,
    ['--import', 'tsx', '/work/main/test/bench/endpoint/main.ts', ...made.flatMap((m) => ['--made', m])],
    { cwd: '/work/main', stdio: ['ignore', 'pipe', 'inherit'] },
  );
  const [line] = (await once(createInterface(child.stdout!), 'line')) as [string];
  return { child, url: JSON.parse(line).url as string };
};
const t = Date.parse('2026-01-01T00:00:00Z');
const N = Number(process.env.N ?? 10000),
  M = Number(process.env.M ?? 500);
const a = await start([`small:${N}:4096:${t}`, `middle:${M}:1048576:${t}`, `large:4:536870912:${t}`]);
const b = await start([]);
const stat = (pid: number) => {
  const s = readFileSync(`/proc/${pid}/stat`, 'latin1').split(') ')[1]!.split(' ').map(Number);
  return (s[11]! + s[12]!) / 100;
};
let n = 0;
const engine = async (bucket: string, transport: string, bare = '', nodeArgs: string[] = []) => {
  const before = [stat(a.child.pid!), stat(b.child.pid!)];
  const child = spawn(
    process.execPath,
    [
      '--import',
      'tsx',
      ...nodeArgs,
      '/work/main/test/bench/zz-engine.ts',
      a.url,
      b.url,
      bucket,
      `t${++n}`,
      transport,
      bare,
    ],
    { cwd: '/work/main', stdio: ['ignore', 'pipe', 'inherit'] },
  );
  const [line] = (await once(createInterface(child.stdout!), 'line').catch(() => ['{}'])) as [string];
  await once(child, 'exit').catch(() => 0);
  console.log(
    line,
    'endpoints cpu',
    (stat(a.child.pid!) - before[0]!).toFixed(2),
    (stat(b.child.pid!) - before[1]!).toFixed(2),
  );
  await fetch(b.url + `/__bench/drop?bucket=t${n}`);
};
const rclone = async (bucket: string) => {
  const before = [stat(a.child.pid!), stat(b.child.pid!)];
  const r = await runRclone({
    source: a.url,
    destination: b.url,
    fromBucket: bucket,
    toBucket: `t${++n}`,
    way: 'tuned',
  });
  const count = bucket === 'small' ? N : bucket === 'middle' ? M : 4;
  const size = bucket === 'small' ? 4096 : bucket === 'middle' ? 1048576 : 536870912;
  console.log(
    JSON.stringify({
      rclone: bucket,
      objPerS: Math.round(count / r.seconds),
      MBs: Math.round((count * size) / r.seconds / 1e6),
      cpu: r.cpuSeconds,
      usPerObj: Math.round((r.cpuSeconds / count) * 1e6),
      cpuPerGB: Number((r.cpuSeconds / ((count * size) / 1e9)).toFixed(2)),
      rss: Math.round(r.peakMib),
    }),
    'endpoints cpu',
    (stat(a.child.pid!) - before[0]!).toFixed(2),
    (stat(b.child.pid!) - before[1]!).toFixed(2),
  );
  await fetch(b.url + `/__bench/drop?bucket=t${n}`);
};
try {
  for (const what of process.argv.slice(2)) {
    const [bucket = '', transport = '', bare = '', prof = ''] = what.split(':');
    if (transport === 'rclone') await rclone(bucket);
    else await engine(bucket, transport, bare, prof ? ['--cpu-prof', '--cpu-prof-dir=/work/h6/prof'] : []);
  }
} finally {
  a.child.kill();
  b.child.kill();
}
