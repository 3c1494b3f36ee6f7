import type { Response } from 'express';

/** Answers with the bytes as they are: nobody on the way may write them anew. */
export function sendXml(response: Response, bytes: Buffer): void {
  response.setHeader('Content-Type', 'application/xml');
  response.setHeader('Cache-Control', 'private, no-transform');
  response.end(bytes);
}
