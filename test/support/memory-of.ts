import { readFileSync } from 'node:fs';

const KIB = 1024;

/** The most memory that a process has had resident so far, in bytes. */
export function peakMemoryOf(pid: number): number {
  const kib = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  if (kib === undefined) throw new Error(`Process ${pid} does not tell its memory`);
  return Number(kib) * KIB;
}
