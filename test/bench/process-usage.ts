import { readFileSync, writeFileSync } from 'node:fs';

/** Clock ticks of `/proc/<pid>/stat` in a second; Linux has had this value on every common architecture for decades. */
const TICKS = 100;

export interface Usage {
  /** User and system time together. */
  readonly cpuSeconds: number;
  readonly peakMib: number;
}

/** The numbers of `/proc/<pid>/stat` from the third field on, behind the name, which may hold spaces. */
const statOf = (pid: number | 'self'): readonly number[] => {
  const text = readFileSync(`/proc/${pid}/stat`, 'latin1');
  return text
    .slice(text.lastIndexOf(')') + 2)
    .split(' ')
    .map(Number);
};

/** CPU time of a process that still runs. */
export function cpuSecondsOf(pid: number): number {
  const [utime = NaN, stime = NaN] = statOf(pid).slice(11, 13);
  return (utime + stime) / TICKS;
}

/** CPU time of all our children that have ended. */
export function endedChildrenCpuSeconds(): number {
  const [utime = NaN, stime = NaN] = statOf('self').slice(13, 15);
  return (utime + stime) / TICKS;
}

/** The most memory that a process has had since its start or `forgetPeak`; undefined once it has ended. */
export function peakMibOf(pid: number): number | undefined {
  try {
    const peak = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1];
    return peak === undefined ? undefined : Number(peak) / 1024;
  } catch {
    return undefined;
  }
}

/** Starts the measuring of `peakMibOf` anew. */
export function forgetPeak(pid: number): void {
  writeFileSync(`/proc/${pid}/clear_refs`, '5');
}
