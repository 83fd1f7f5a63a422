import { assertNever } from '../kernel/assert-never.js';
import type { BandwidthRule, TaskCredentials, TaskSettings } from '../tasks/task.settings.js';
import type { TaskGroupEvent } from './task-group.events.js';

/** The states of the API. */
export const GROUP_STATUS = {
  waiting: 0,
  planning: 1,
  monitoring: 2,
  paused: 3,
  'plan-failed': 4,
  failed: 5,
  completed: 6,
  pausing: 7,
  deleting: 8,
  deleted: 9,
} as const;
export type TaskGroupStatus = keyof typeof GROUP_STATUS;

/** What the tasks of a group have to be told, in the order in which it was asked for. */
export type GroupOrder =
  | { readonly number: number; readonly kind: 'resume' | 'bandwidth' }
  | { readonly number: number; readonly kind: 'retry'; readonly failedOnly: boolean };

export interface KnownTaskGroup {
  readonly status: TaskGroupStatus;
  readonly projectId: string;
  readonly settings: TaskSettings;
  readonly credentials: TaskCredentials;
  readonly bandwidthPolicy: readonly BandwidthRule[];
  /** Parts that are cut off. */
  readonly chunks: number;
  readonly plannedNum: number;
  readonly plannedSize: number;
  /** Where planning goes on; undefined at the beginning. */
  readonly cursor: string | undefined;
  readonly planIsComplete: boolean;
  /** Starts, retries and changes of the traffic rules so far. */
  readonly ordersGiven: number;
  /** Those that the tasks were not told of yet. */
  readonly orders: readonly GroupOrder[];
}

export type TaskGroup = { readonly status: 'absent' } | KnownTaskGroup;

type Later = Exclude<TaskGroupEvent, { type: 'TaskGroupCreated' }>;
type Ordered = Extract<Later, { type: 'TaskGroupStarted' | 'TaskGroupRetried' | 'TaskGroupBandwidthPolicyUpdated' }>;

const orderOf = (event: Ordered, number: number): GroupOrder => {
  if (event.type === 'TaskGroupRetried') return { number, kind: 'retry', failedOnly: event.data.failedOnly };
  return { number, kind: event.type === 'TaskGroupStarted' ? 'resume' : 'bandwidth' };
};

const withOrder = (group: KnownTaskGroup, event: Ordered): KnownTaskGroup => {
  const ordersGiven = group.ordersGiven + 1;
  return { ...group, ordersGiven, orders: [...group.orders, orderOf(event, ordersGiven)] };
};

/** Where a group goes on that was paused or had failed. */
const goingOn = (group: KnownTaskGroup, credentials: TaskCredentials): KnownTaskGroup => ({
  ...group,
  credentials,
  status: group.planIsComplete ? 'monitoring' : 'waiting',
});

const STATUS_AFTER = {
  TaskGroupPlanBegan: 'planning',
  TaskGroupPlanFailed: 'plan-failed',
  TaskGroupPausing: 'pausing',
  TaskGroupPaused: 'paused',
  TaskGroupCompleted: 'completed',
  TaskGroupFailed: 'failed',
  TaskGroupDeletionRequested: 'deleting',
  TaskGroupDeleted: 'deleted',
} as const satisfies Partial<Record<Later['type'], TaskGroupStatus>>;

const evolveKnown = (group: KnownTaskGroup, event: Later): KnownTaskGroup => {
  switch (event.type) {
    case 'TaskGroupPlanned': {
      const { chunk, plannedNum, plannedSize, cursor } = event.data;
      return { ...group, chunks: chunk, plannedNum, plannedSize, cursor };
    }
    case 'TaskGroupPlanCompleted':
      return { ...group, status: 'monitoring', planIsComplete: true };
    case 'TaskGroupStarted':
    case 'TaskGroupRetried':
      return withOrder(goingOn(group, event.data.credentials), event);
    case 'TaskGroupBandwidthPolicyUpdated':
      return withOrder({ ...group, bandwidthPolicy: event.data.bandwidthPolicy }, event);
    case 'TaskGroupTasksTold':
      return { ...group, orders: group.orders.filter(({ number }) => number > event.data.orders) };
    case 'TaskGroupNotified':
      return group;
    case 'TaskGroupPlanBegan':
    case 'TaskGroupPlanFailed':
    case 'TaskGroupPausing':
    case 'TaskGroupPaused':
    case 'TaskGroupCompleted':
    case 'TaskGroupFailed':
    case 'TaskGroupDeletionRequested':
    case 'TaskGroupDeleted':
      return { ...group, status: STATUS_AFTER[event.type] };
    default:
      return assertNever(event);
  }
};

/** What a group is after an event. */
export const evolveTaskGroup = (group: TaskGroup, event: TaskGroupEvent): TaskGroup => {
  if (event.type !== 'TaskGroupCreated') return group.status === 'absent' ? group : evolveKnown(group, event);
  const { projectId, settings, credentials, bandwidthPolicy } = event.data;
  return {
    status: 'waiting',
    projectId,
    settings,
    credentials,
    bandwidthPolicy,
    chunks: 0,
    plannedNum: 0,
    plannedSize: 0,
    cursor: undefined,
    planIsComplete: false,
    ordersGiven: 0,
    orders: [],
  };
};
