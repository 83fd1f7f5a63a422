import { readdirSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { EventSchemas } from '../../src/event-store/upcast.js';
import type { DomainEvent, EventMetadata } from '../../src/kernel/domain-event.js';
import { LEASE_EVENT_SCHEMAS, type LeaseEvent } from '../../src/leases/lease.events.js';
import {
  OUTCOME_FEED_EVENT_SCHEMAS,
  type SyncOutcomesPublished,
} from '../../src/messaging/outcomes/outcome-feed.events.js';
import { SYNC_TASK_EVENT_SCHEMAS } from '../../src/sync-tasks/event-schemas.js';
import type { ObjectListRecorded } from '../../src/sync-tasks/object-list.events.js';
import type { SyncEventEvent } from '../../src/sync-tasks/sync-event.events.js';
import type { SyncTaskEvent } from '../../src/sync-tasks/sync-task.events.js';
import { TASK_GROUP_EVENT_SCHEMAS } from '../../src/task-groups/event-schemas.js';
import type { TaskGroupEvent } from '../../src/task-groups/task-group.events.js';
import { TASK_EVENT_SCHEMAS } from '../../src/tasks/event-schemas.js';
import type { TaskEvent } from '../../src/tasks/task.events.js';
import { CREDENTIAL_EVENT_SCHEMAS } from '../../src/vault/credential.events.js';
import type { CredentialSealed } from '../../src/vault/credential.events.js';
import { TASK_EVENT_SHAPES } from './task-event-shapes.js';
import { TASK_GROUP_EVENT_SHAPES } from './task-group-event-shapes.js';

type AnyEvent =
  | SyncTaskEvent
  | SyncEventEvent
  | ObjectListRecorded
  | TaskEvent
  | TaskGroupEvent
  | CredentialSealed
  | LeaseEvent
  | SyncOutcomesPublished;
type DataOf<T extends AnyEvent['type']> = Extract<AnyEvent, { type: T }>['data'];

const schemas = new EventSchemas(
  SYNC_TASK_EVENT_SCHEMAS,
  TASK_EVENT_SCHEMAS,
  TASK_GROUP_EVENT_SCHEMAS,
  CREDENTIAL_EVENT_SCHEMAS,
  LEASE_EVENT_SCHEMAS,
  OUTCOME_FEED_EVENT_SCHEMAS,
);
const folder = new URL('../fixtures/events/', import.meta.url);
const files = readdirSync(folder).sort();

const credentials = { source: { ref: '', fingerprint: '' }, destination: { ref: '', fingerprint: '' } };

/**
 * The current shapes, with every optional field there is: the compiler holds them to the types of the code, and the test
 * holds the fixtures to them. Whoever changes a type changes this, and then finds out about the events already stored.
 */
const shapes: { readonly [T in AnyEvent['type']]: DataOf<T> } = {
  SyncTaskCreated: {
    projectId: '',
    syncTaskId: '',
    settings: {
      srcCloudType: '',
      srcRegion: '',
      srcBucket: '',
      dstCloudType: '',
      dstRegion: '',
      dstBucket: '',
      description: '',
      enableMetadataMigration: true,
      enableKms: false,
      enableRestore: false,
      dstStoragePolicy: 'IA',
      appId: '',
      consistencyCheck: 'crc64',
      objectOverwriteMode: 'SIZE_LAST_MODIFIED_COMPARISON_OVERWRITE',
    },
    credentials,
    at: '',
  },
  SyncTaskStarted: { syncTaskId: '', credentials, at: '' },
  SyncTaskStopped: { syncTaskId: '', at: '' },
  SyncTaskDeleted: { syncTaskId: '', at: '' },
  SyncLedgerClosed: {
    syncTaskId: '',
    day: '',
    buckets: [
      {
        ...{ startMs: 1, requested: 1, synced: 1, failed: 1, ignored: 1 },
        ...{ syncedBytes: 1, failedBytes: 1, ignoredBytes: 1 },
      },
    ],
    at: '',
  },
  SyncEventCreated: { syncTaskId: '', keys: [''], at: '' },
  SyncEventSettled: {
    syncTaskId: '',
    outcomes: [
      { key: '', outcome: 'synced', size: 1, proof: '' },
      { key: '', outcome: 'ignored', size: 1, reason: '' },
      { key: '', outcome: 'failed', reason: '', code: '', cause: '', size: 1, notStarted: true },
    ],
    at: '',
  },
  ObjectListRecorded: {
    ...{ syncTaskId: '', kind: 'synced', key: '', fromPosition: '', toPosition: '' },
    ...{ lines: 1, bytes: 1, sha256: '', at: '' },
  },
  ...TASK_EVENT_SHAPES,
  ...TASK_GROUP_EVENT_SHAPES,
  CredentialSealed: {
    ...{ ref: '', owner: '', fingerprint: '', at: '' },
    envelope: { v: 1, keyId: '', nonce: '', ciphertext: '', tag: '' },
  },
  LeaseTaken: { owner: '', ttlMs: 1 },
  LeaseRenewed: { owner: '', ttlMs: 1 },
  LeaseReleased: { owner: '', ttlMs: 1 },
  SyncOutcomesPublished: { upTo: '', at: '' },
};

interface Fixture extends DomainEvent {
  readonly metadata: EventMetadata;
}
const fixture = (file: string): Fixture => JSON.parse(readFileSync(new URL(file, folder), 'utf8')) as Fixture;

/** Each path to a value with the type found there; elements of a list count as one. */
function shapeOf(value: unknown, path = ''): string[] {
  if (Array.isArray(value)) return [...new Set(value.flatMap((item) => shapeOf(item, `${path}[]`)))].sort();
  if (typeof value === 'object' && value !== null)
    return Object.entries(value)
      .flatMap(([key, item]) => shapeOf(item, `${path}.${key}`))
      .sort();
  return [`${path}: ${typeof value}`];
}

describe('the stored events of every version', () => {
  it.each([...schemas.currentVersions])('have a fixture of %s in each version up to %i', (type, current) => {
    const versions = Array.from({ length: current }, (_, index) => `${type}.v${index + 1}.json`);
    expect(files.filter((file) => file.startsWith(`${type}.`))).toEqual(versions);
  });

  it('name the type and version of their file', () => {
    const named = files.map((file) => [basename(file), fixture(file)] as const);
    for (const [file, { type, metadata }] of named) expect(`${type}.v${metadata.schemaVersion}.json`).toBe(file);
    expect(named.map(([, { type }]) => type).filter((type) => !schemas.currentVersions.has(type))).toEqual([]);
  });

  it.each(files)('%s is read in the current shape', (file) => {
    const stored = fixture(file);
    const { data, metadata } = schemas.upcast(stored, stored.metadata);
    expect(metadata.schemaVersion).toBe(schemas.currentVersion(stored.type));
    expect(shapeOf(data)).toEqual(shapeOf(Object.entries(shapes).find(([type]) => type === stored.type)?.[1]));
  });
});
