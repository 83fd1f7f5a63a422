import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { DocumentBuilder, SwaggerModule, type OpenAPIObject } from '@nestjs/swagger';

/** Everything the page loads, from this machine only. */
const ASSETS = {
  'swagger-ui.css': 'text/css; charset=utf-8',
  'swagger-ui-bundle.js': 'text/javascript; charset=utf-8',
  'favicon-32x32.png': 'image/png',
} as const;

const ASSET_FOLDER = path.dirname(createRequire(import.meta.url).resolve('swagger-ui-dist/package.json'));

const START = `SwaggerUIBundle({ url: '/openapi.json', dom_id: '#docs', deepLinking: true, tryItOutEnabled: true });\n`;

const PAGE = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>OpenOMS API</title>
<link rel="stylesheet" href="/docs/swagger-ui.css">
<link rel="icon" href="/docs/favicon-32x32.png">
</head>
<body>
<div id="docs"></div>
<script src="/docs/swagger-ui-bundle.js"></script>
<script src="/docs/start.js"></script>
</body>
</html>
`;

/** Swagger UI styles elements inline and draws its icons from data URLs; scripts come from here alone. */
const PAGE_POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; " +
  "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const html = 'text/html; charset=utf-8';

/** The OpenAPI document at `/openapi.json`, built at the first request, and a page to read it at `/docs`. */
export function installDocumentation(app: NestFastifyApplication, version: string): void {
  const fastify = app.getHttpAdapter().getInstance();
  let document: string | undefined;
  fastify.get('/openapi.json', (_request, reply) => {
    document ??= JSON.stringify(describeApi(app, version));
    reply.type('application/json; charset=utf-8').send(document);
  });
  fastify.get('/docs', (_request, reply) => {
    reply.header('content-security-policy', PAGE_POLICY).type(html).send(PAGE);
  });
  fastify.get('/docs/start.js', (_request, reply) => {
    reply.type(ASSETS['swagger-ui-bundle.js']).send(START);
  });
  for (const [name, type] of Object.entries(ASSETS))
    fastify.get(`/docs/${name}`, async (_request, reply) => {
      const content = await readFile(path.join(ASSET_FOLDER, name));
      return reply.type(type).header('cache-control', 'public, max-age=86400').send(content);
    });
}

export function describeApi(app: NestFastifyApplication, version: string): OpenAPIObject {
  const about = new DocumentBuilder()
    .setTitle('OpenOMS')
    .setDescription('Object storage migration and synchronization, compatible with the Huawei Cloud OMS API v2.')
    .setVersion(version)
    .setOpenAPIVersion('3.0.3')
    .build();
  return SwaggerModule.createDocument(app, about);
}
