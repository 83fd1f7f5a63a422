import { Controller, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiProperty, ApiTags } from '@nestjs/swagger';
import { ApiOmsErrors } from '../http/openapi-errors.js';
import { QueryIntegerField } from '../http/validation/fields.js';
import { OmsError } from '../kernel/oms-error.js';
import { Queue, QueueFull, QueueUnavailable, type DeadLetter } from '../queue/queue.port.js';
import { decodeSyncEvent, NotDecodable } from './sync-event-message.js';
import { ProjectPath } from './sync-task.dto.js';
import { syncServiceBusy } from './sync-task.errors.js';

class DeadLettersQuery {
  @QueryIntegerField({ description: 'Dead letters per page.', min: 1, max: 100, default: 10, optional: true })
  readonly limit: number = 10;

  @QueryIntegerField({
    description: 'Only dead letters after this one; `next_after` of the page before.',
    min: 0,
    max: Number.MAX_SAFE_INTEGER,
    optional: true,
  })
  readonly after?: number;
}

class DeadLetterPath extends ProjectPath {
  @QueryIntegerField({ description: 'The dead letter.', min: 0, max: Number.MAX_SAFE_INTEGER })
  readonly dead_letter_id!: number;
}

class DeadLetterInfo {
  @ApiProperty({ type: 'integer', format: 'int64' })
  readonly dead_letter_id!: number;

  @ApiProperty({ type: String, description: 'Id of the message, and of the sync event it asked for.' })
  readonly message_id!: string;

  @ApiProperty({ type: String, example: 'unknown-task', description: 'A stable code.' })
  readonly reason!: string;

  @ApiProperty({ type: String })
  readonly cause!: string;

  @ApiProperty({ type: String, nullable: true, description: 'Null when the message cannot be decoded.' })
  readonly sync_task_id!: string | null;

  @ApiProperty({ type: [String], nullable: true, description: 'URL-encoded; null when it cannot be decoded.' })
  readonly object_keys!: readonly string[] | null;

  @ApiProperty({ type: String, format: 'date-time' })
  readonly published_at!: string;

  @ApiProperty({ type: String, format: 'date-time' })
  readonly dead_at!: string;
}

class DeadLettersAnswer {
  @ApiProperty({ type: [DeadLetterInfo], description: 'Oldest first.' })
  readonly dead_letters!: readonly DeadLetterInfo[];

  @ApiProperty({ type: 'integer', format: 'int64', nullable: true, description: 'Null on the last page.' })
  readonly next_after!: number | null;
}

type NumberedDeadLetter = DeadLetter & { readonly deadOffset: bigint };

/** How many dead letters are looked at for one page before it is answered short. */
const SCAN = 1000;

/**
 * Messages of the queue that could not be handled. A project sees what came through its own API calls, and messages of other
 * producers, which name no project.
 */
@ApiTags('Dead letters (an extension)')
@Controller('v2/:project_id/sync-events/dead-letters')
export class DeadLettersController {
  constructor(private readonly queue: Queue) {}

  @Get()
  @ApiOperation({ operationId: 'ListDeadLetters', summary: 'List messages that could not be handled' })
  @ApiOkResponse({ type: DeadLettersAnswer })
  @ApiOmsErrors('INVALID_PARAMETER')
  async list(@Param() { project_id }: ProjectPath, @Query() page: DeadLettersQuery): Promise<DeadLettersAnswer> {
    const after = page.after === undefined ? undefined : BigInt(page.after);
    const scanned = await this.queue.deadLetters(SCAN, after);
    const visible = scanned.filter((letter) => isVisible(letter, project_id)).slice(0, page.limit);
    const last = visible.length === page.limit ? visible.at(-1) : scanned.length === SCAN ? scanned.at(-1) : undefined;
    return { dead_letters: visible.map(present), next_after: last === undefined ? null : Number(last.deadOffset) };
  }

  @Post(':dead_letter_id/redrive')
  @HttpCode(200)
  @ApiOperation({ operationId: 'RedriveDeadLetter', summary: 'Put a dead letter back into the queue' })
  @ApiOkResponse()
  @ApiOmsErrors('INVALID_PARAMETER', 'DEAD_LETTER_NOT_FOUND', 'SERVICE_BUSY')
  async redrive(@Param() { project_id, dead_letter_id }: DeadLetterPath): Promise<void> {
    const offset = BigInt(dead_letter_id);
    const [letter] = await this.queue.deadLetters(1, offset - 1n);
    const mine = letter?.deadOffset === offset && isVisible(letter, project_id);
    if (!mine || !(await this.putBack(offset)))
      throw new OmsError('DEAD_LETTER_NOT_FOUND', `There is no dead letter ${dead_letter_id}`);
  }

  private async putBack(offset: bigint): Promise<boolean> {
    try {
      return await this.queue.redrive(offset);
    } catch (error) {
      if (error instanceof QueueFull || error instanceof QueueUnavailable) throw syncServiceBusy(error);
      throw error;
    }
  }
}

const isVisible = ({ headers }: DeadLetter, projectId: string): boolean =>
  (headers['project-id'] ?? projectId) === projectId;

function present(letter: NumberedDeadLetter): DeadLetterInfo {
  const decoded = tryDecode(letter);
  return {
    dead_letter_id: Number(letter.deadOffset),
    message_id: letter.id,
    reason: letter.reason,
    cause: letter.cause,
    sync_task_id: decoded?.syncTaskId ?? null,
    object_keys: decoded?.keys.map((key) => encodeURIComponent(key)) ?? null,
    published_at: letter.publishedAt,
    dead_at: letter.deadAt,
  };
}

function tryDecode(letter: DeadLetter) {
  try {
    return decodeSyncEvent(letter);
  } catch (error) {
    if (error instanceof NotDecodable) return undefined;
    throw error;
  }
}
