import { Injectable } from '@nestjs/common';
import { EventStore } from '../event-store/event-store.port.js';
import { taskGroupStream, type TaskGroupEvent } from '../task-groups/task-group.events.js';
import { refsOf } from './api/task-credentials.js';

/** What the tasks of a group must know about it. */
@Injectable()
export class GroupHistory {
  constructor(private readonly events: EventStore) {}

  /** True while a group of this project exists. */
  async exists(projectId: string, groupId: string): Promise<boolean> {
    const { events } = await this.events.read<TaskGroupEvent>(taskGroupStream(groupId));
    const isOurs = events.some(
      ({ type, data }) => type === 'TaskGroupCreated' && 'projectId' in data && data.projectId === projectId,
    );
    return isOurs && !events.some(({ type }) => type === 'TaskGroupDeleted');
  }

  /** References of all keys the group ever had: they are the group's to forget. */
  async credentialRefs(groupId: string): Promise<ReadonlySet<string>> {
    const { events } = await this.events.read<TaskGroupEvent>(taskGroupStream(groupId));
    return new Set(events.flatMap(({ data }) => ('credentials' in data ? refsOf(data.credentials) : [])));
  }
}
