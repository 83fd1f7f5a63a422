import { Controller, Get, Param, Req } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiProperty, ApiTags } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import { OmsError } from '../kernel/oms-error.js';
import { ApiOmsErrors } from './openapi-errors.js';
import { TextField } from './validation/fields.js';

class Link {
  @ApiProperty({ type: String })
  readonly href!: string;

  @ApiProperty({ type: String, enum: ['self'] })
  readonly rel!: string;
}

class Version {
  @ApiProperty({ type: String, example: 'v2' })
  readonly id!: string;

  @ApiProperty({ type: [Link] })
  readonly links!: readonly Link[];

  @ApiProperty({ type: String, enum: ['CURRENT', 'DEPRECATED', 'SUPPORTED'] })
  readonly status!: string;

  @ApiProperty({ type: String, example: '2020-04-01T12:00:00Z' })
  readonly updated!: string;
}

class VersionList {
  @ApiProperty({ type: [Version] })
  readonly versions!: readonly Version[];
}

class VersionPath {
  @TextField({ description: 'The version.', min: 1, max: 10, example: 'v2' })
  readonly version!: string;
}

const VERSIONS = [{ id: 'v2', status: 'CURRENT', updated: '2020-04-01T12:00:00Z' }] as const;
const SANE_HOST = /^[A-Za-z0-9.:[\]-]{1,255}$/;

@ApiTags('API versions')
@Controller()
export class VersionsController {
  @Get()
  @ApiOperation({ operationId: 'ListApiVersions', summary: 'Listing API versions' })
  @ApiOkResponse({ type: VersionList })
  list(@Req() request: FastifyRequest): VersionList {
    return { versions: VERSIONS.map((version) => present(version, request)) };
  }

  @Get(':version')
  @ApiOperation({ operationId: 'ShowApiInfo', summary: 'Querying an API version' })
  @ApiOkResponse({ type: Version })
  @ApiOmsErrors('INVALID_PARAMETER', 'ROUTE_NOT_FOUND')
  show(@Param() { version }: VersionPath, @Req() request: FastifyRequest): Version {
    const found = VERSIONS.find(({ id }) => id === version);
    if (found === undefined) throw new OmsError('ROUTE_NOT_FOUND', `There is no API version ${version}`);
    return present(found, request);
  }
}

/** Links lead back to where the caller reached us; a strange Host header is not echoed. */
function present(version: (typeof VERSIONS)[number], { protocol, host }: FastifyRequest): Version {
  const base = SANE_HOST.test(host) ? `${protocol}://${host}` : '';
  return { ...version, links: [{ href: `${base}/${version.id}/`, rel: 'self' }] };
}
