/** What is said of signatures in documents, for the OpenAPI document. */
import { z } from 'zod';

const judged = {
  code: z.string().nullable().describe('Stable; null if there is nothing to object'),
  why: z.string().nullable(),
};

export const foundSignature = z.object({
  format: z.enum(['PAdES', 'CAdES', 'XAdES', 'ASiC']),
  level: z.literal('B').nullable().describe('Only where it was really checked'),
  kind: z.enum(['signature', 'timestamp']),
  depth: z.number().int().describe('Envelopes (.p7m) around what was signed; 0 in the document itself'),
  signer: z
    .object({
      name: z.string().nullable(),
      taxCode: z.string().nullable(),
      identifier: z.string().nullable(),
      organisation: z.string().nullable(),
      organisationIdentifier: z.string().nullable(),
      country: z.string().nullable(),
    })
    .nullable()
    .describe('As the certificate’s subject says'),
  certificate: z
    .object({
      subject: z.string(),
      issuer: z.string(),
      serial: z.string(),
      notBefore: z.iso.datetime(),
      notAfter: z.iso.datetime(),
      fingerprint: z.string().describe('SHA-256 of its DER'),
      keyUsage: z.array(z.string()),
      declaredQualified: z
        .object({ device: z.boolean(), purpose: z.array(z.string()) })
        .nullable()
        .describe('What its QcStatements declare; this node vouches for nothing'),
    })
    .nullable(),
  signingTime: z.iso.datetime().nullable().describe('The signer’s own word'),
  integrity: z.object({ status: z.enum(['valid', 'invalid', 'not-checked']), ...judged }),
  chain: z
    .object({ status: z.enum(['anchored', 'not-anchored']), ...judged })
    .describe('Under a configured anchor, valid at the claimed time; revocation is not looked at'),
  coverage: z.object({
    status: z.enum(['whole', 'earlier-revision', 'changed-after-signing', 'unknown']),
    ...judged,
    bytesAfter: z.number().int(),
  }),
  content: z
    .object({ mediaType: z.string(), size: z.number().int() })
    .nullable()
    .describe('What a .p7m holds'),
  notLookedInto: z.array(z.enum(['timestamp', 'countersignature'])),
});

export const signatureCheck = z.object({
  status: z.enum(['waiting', 'done']),
  at: z.iso.datetime().nullable(),
  mediaType: z.string().nullable().describe('By its bytes'),
  encrypted: z.boolean(),
  incomplete: z
    .object({ code: z.string(), why: z.string() })
    .nullable()
    .describe('Why there may be signatures that are not in the list'),
});
