import type { OpenApiOptions } from '#platform';

/** The partner API's face: `contracts/openapi/partner-api.json` is generated from the routes under this title. */
export const OPEN_API: OpenApiOptions = {
  title: 'Re.Se.T. hub partner API',
  version: '1.0.0',
  description:
    'The API of a public body’s node: file practices, issue acts, follow everything that arrives. Errors are problem+json (RFC 9457) with a stable code and a remedy.',
};
