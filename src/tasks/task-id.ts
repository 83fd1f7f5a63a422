import { randomInt } from 'node:crypto';
import type { TaskSettings } from './task.settings.js';

const EPOCH_MS = Date.UTC(2020, 0, 1);
const PER_MS = 1000;
const CANONICAL = /^(0|[1-9][0-9]{0,15})$/;

/** A new id: below 10^15 until 2051, ascending with time. Two of one millisecond may be equal: mint again when one is taken. */
export const mintTaskId = (now: Date): string => String((now.getTime() - EPOCH_MS) * PER_MS + randomInt(PER_MS));

/** True for what can be the id of a task, in the one way it is written. */
export const isTaskId = (text: string): boolean => CANONICAL.test(text) && Number.isSafeInteger(Number(text));

/** A new task's name: what it migrates, and when it was made (UTC, `yyyyMMddHHmmss`). Names need not differ. */
export function taskNameOf({ source }: TaskSettings, now: Date): string {
  const stamp = now
    .toISOString()
    .replace(/[^0-9]/g, '')
    .slice(0, 'yyyyMMddHHmmss'.length);
  const what = source.bucket === '' ? (source.listFile?.bucket ?? 'url-list') : source.bucket;
  return `${what}-${stamp}`;
}
