import type { INestApplication } from '@nestjs/common';
import { DocumentBuilder, SwaggerModule, type OpenAPIObject } from '@nestjs/swagger';

export interface OpenApiOptions {
  readonly title: string;
  readonly version: string;
  readonly description?: string;
  /** Where Swagger UI is served; the document itself at `<path>/openapi.json`. */
  readonly path?: string;
}

export const DOCS_PATH = '/docs';

const PEER_SCHEME = { type: 'mutualTLS', description: 'The transport certificate of a node of the network' };

/**
 * The OpenAPI 3.1 document of an application, from its routes and the Zod schemas of their parameters and answers.
 * The same input gives the same document, byte by byte: it is checked in, and drift is an error.
 */
export function openApiDocument(
  app: INestApplication,
  { title, version, description = '' }: OpenApiOptions,
): OpenAPIObject {
  const config = new DocumentBuilder()
    .setOpenAPIVersion('3.1.0')
    .setTitle(title)
    .setVersion(version)
    .setDescription(description)
    .addBearerAuth({ type: 'http', scheme: 'bearer', description: 'A partner token: rh_…' })
    .build();
  const document = SwaggerModule.createDocument(app, config);
  // OpenAPI 3.1 knows mutual TLS, the builder's types do not yet.
  Object.assign(((document.components ??= {}).securitySchemes ??= {}), { peer: PEER_SCHEME });
  return document;
}

/** Serves Swagger UI. Call it before the application is initialised. */
export function mountOpenApi(app: INestApplication, options: OpenApiOptions): void {
  const path = options.path ?? DOCS_PATH;
  SwaggerModule.setup(path, app, () => openApiDocument(app, options), {
    jsonDocumentUrl: `${path}/openapi.json`,
    raw: ['json'],
  });
}
