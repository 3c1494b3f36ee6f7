import type { NextFunction, Request, RequestHandler, Response } from 'express';

/** An API answers data, never something for a browser to run. */
const API_POLICY = "default-src 'none'; frame-ancestors 'none'";
/** Swagger UI: its own scripts and styles only. */
const DOCS_POLICY =
  "default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; script-src 'self'; frame-ancestors 'none'";

/**
 * The headers that keep browsers from doing harm with an answer. Answers are not cached unless a route says so: they
 * hold what citizens filed.
 */
export function securityHeaders(docsPath: string): RequestHandler {
  return (request: Request, response: Response, next: NextFunction) => {
    const isDocs = request.path === docsPath || request.path.startsWith(`${docsPath}/`);
    response.set({
      'Content-Security-Policy': isDocs ? DOCS_POLICY : API_POLICY,
      'X-Content-Type-Options': 'nosniff',
      'X-Frame-Options': 'DENY',
      'Referrer-Policy': 'no-referrer',
      'Cache-Control': 'no-store',
    });
    if (request.secure) response.set('Strict-Transport-Security', 'max-age=31536000');
    next();
  };
}
