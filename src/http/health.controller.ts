import { Controller, Get, Res } from '@nestjs/common';
import {
  ApiExtraModels,
  ApiOkResponse,
  ApiOperation,
  ApiProduces,
  ApiProperty,
  ApiResponse,
  ApiTags,
} from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { Metrics } from './metrics.js';
import { ReadinessRegistry } from './readiness.js';

class Live {
  @ApiProperty({ type: String, enum: ['ok'] })
  readonly status!: string;
}

class ReadyCheck {
  @ApiProperty({ type: String })
  readonly name!: string;

  @ApiProperty({ type: Boolean })
  readonly ok!: boolean;

  @ApiProperty({ type: String, required: false })
  readonly detail?: string;
}

class Ready {
  @ApiProperty({ type: String, enum: ['ready', 'not-ready'] })
  readonly status!: string;

  @ApiProperty({ type: [ReadyCheck] })
  readonly checks!: readonly ReadyCheck[];
}

@ApiTags('Operations')
@ApiExtraModels(Ready)
@Controller()
export class HealthController {
  constructor(
    private readonly readiness: ReadinessRegistry,
    private readonly metrics: Metrics,
  ) {}

  @Get('health/live')
  @ApiOperation({ operationId: 'Live', summary: 'Is the process alive?' })
  @ApiOkResponse({ type: Live })
  live(): Live {
    return { status: 'ok' };
  }

  @Get('health/ready')
  @ApiOperation({ operationId: 'Ready', summary: 'Should this process get requests?' })
  @ApiOkResponse({ type: Ready })
  @ApiResponse({ status: 503, description: 'Not ready: a check fails.', type: Ready })
  async ready(@Res({ passthrough: true }) reply: FastifyReply): Promise<Ready> {
    const { ready, checks } = await this.readiness.run();
    reply.code(ready ? 200 : 503);
    return { status: ready ? 'ready' : 'not-ready', checks };
  }

  @Get('metrics')
  @ApiOperation({ operationId: 'Metrics', summary: "Figures in Prometheus' text format" })
  @ApiProduces('text/plain')
  @ApiOkResponse({ schema: { type: 'string' } })
  async figures(@Res({ passthrough: true }) reply: FastifyReply): Promise<string> {
    reply.header('content-type', this.metrics.registry.contentType);
    return this.metrics.registry.metrics();
  }
}
