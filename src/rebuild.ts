/**
 * `npm run rebuild`: drops all read models of the data folder and folds them from the log again, then renders every recorded
 * list file from the log and compares it with its record. For a stopped service. Ends with exit code 1 when a list differs.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { closeAdapters, openAdapters, type Adapters } from './adapters.js';
import { configOrComplaint, INVALID_CONFIG } from './config/config-or-complaint.js';
import type { RecordedEvent } from './event-store/event-store.port.js';
import { SystemClock } from './kernel/clock.js';
import { silentLog } from './kernel/log.js';
import { ProjectionHost } from './projections/projection-host.js';
import { registerProjections } from './read-models.js';
import { SYNC_TASK_LIST_STREAMS, type ObjectListRecorded } from './sync-tasks/object-list.events.js';
import { matchesRecord, renderList } from './worker/object-list-rebuild.js';

const LOOK_EVERY_MS = 500;
const MAX_FAILURES = 5;

const say = (line: string): void => {
  process.stdout.write(`${line}\n`);
};

/** Throws when a projection fails again and again. */
async function rebuildViews({ eventStore, readStore }: Adapters): Promise<void> {
  const head = (await eventStore.head()) ?? -1n;
  const projections = new ProjectionHost(eventStore, readStore);
  registerProjections(projections);
  projections.rebuild();
  projections.start();
  try {
    for (;;) {
      const all = projections.status();
      for (const { name, position, failures, error } of all) {
        say(`${name}: at position ${position ?? 'none'} of ${head}`);
        if (failures >= MAX_FAILURES) throw new Error(`${name} cannot be rebuilt: ${error ?? 'unknown'}`);
      }
      if (all.every(({ position }) => (position ?? -1n) >= head)) return;
      await sleep(LOOK_EVERY_MS);
    }
  } finally {
    await projections.stop();
  }
}

/** Answers how many recorded list files the log does not give again. */
async function verifyLists({ eventStore }: Adapters): Promise<number> {
  const newest = new Map<string, ObjectListRecorded['data']>();
  let right = 0;
  let wrong = 0;
  for await (const event of eventStore.readAll(undefined, [SYNC_TASK_LIST_STREAMS])) {
    const { data } = event as RecordedEvent<ObjectListRecorded>;
    const list = `${data.syncTaskId} ${data.kind}`;
    const body = await renderList(eventStore, data, newest.get(list));
    newest.set(list, data);
    if (matchesRecord(body, data)) right++;
    else {
      wrong++;
      say(`the log does not give ${data.key} again (${data.lines} lines, sha256 ${data.sha256})`);
    }
  }
  say(`${right} list files are byte for byte what the log gives, ${wrong} are not`);
  return wrong;
}

async function main(): Promise<number> {
  const config = configOrComplaint(process.argv.slice(2), process.env);
  if (config === undefined) return INVALID_CONFIG;
  const adapters = await openAdapters(config, new SystemClock(), silentLog);
  try {
    await rebuildViews(adapters);
    return (await verifyLists(adapters)) === 0 ? 0 : 1;
  } finally {
    await closeAdapters(adapters);
  }
}

process.exitCode = await main();
