/** What was found of the signatures in a document, for people. */
import { ERROR_POLICIES, type ErrorCode, type Language } from '#errors';
import type { Finding, FoundSignature, SignatureReport } from '#signed-uploads';
import { fields } from './table.ts';

/** What a check of a document cannot say. */
export const NOT_CHECKED = [
  'whether a certificate was revoked',
  'whether a certificate is a qualified one: it only declares so',
  'whether a signature was made at the time that it claims',
  'whether what was added to a PDF later changes how its signed revision looks',
] as const;

export function reportText(file: string, report: SignatureReport, language: Language): string {
  const { mediaType, encrypted, incomplete, signatures } = report;
  const count = signatures.length === 1 ? '1 signature' : `${signatures.length} signatures`;
  return [
    `${file}: ${mediaType}${encrypted ? ', encrypted' : ''}, ${count}`,
    ...(incomplete === null
      ? []
      : [`NOT LOOKED INTO WHOLLY: ${said(incomplete.code, incomplete.why, language)}`]),
    ...signatures.map((signature, i) => `\n${i + 1}. ${signatureText(signature, language)}`),
    ...(signatures.length === 0
      ? []
      : [`\nnot checked:\n${NOT_CHECKED.map((item) => `  - ${item}`).join('\n')}`]),
  ].join('\n');
}

function signatureText(signature: FoundSignature, language: Language): string {
  const { format, level, kind, depth, signer, certificate, content, integrity, chain, coverage } = signature;
  const name = [signer?.name, signer?.identifier, signer?.organisation].flatMap((part) => part ?? []);
  const lines = {
    ...(name.length === 0 ? {} : { signer: name.join(', ') }),
    ...(certificate === null ? {} : certificateLines(certificate)),
    ...(signature.signingTime === null ? {} : { 'says it was made': signature.signingTime }),
    integrity: judged(integrity, language),
    chain: judged(chain, language),
    covers: judged(coverage, language),
    ...(content === null ? {} : { content: `${content.mediaType}, ${content.size} bytes` }),
    ...(signature.notLookedInto.length === 0
      ? {}
      : { 'not looked into': signature.notLookedInto.join(', ') }),
  };
  const where = depth === 0 ? '' : `, in envelope ${depth}`;
  const verdict = coverage.status === 'changed-after-signing' ? coverage.status : integrity.status;
  const what = `${format}${level === null ? '' : `-${level}`} ${kind}${where}`;
  const title = `${what}: ${verdict.replaceAll('-', ' ').toUpperCase()}`;
  return `${title}\n${fields(lines).replace(/^/gm, '   ')}`;
}

function certificateLines(certificate: NonNullable<FoundSignature['certificate']>): Record<string, string> {
  const { issuer, serial, notBefore, notAfter, fingerprint, declaredQualified } = certificate;
  return {
    issuer,
    certificate: `${serial}, from ${notBefore} to ${notAfter}`,
    fingerprint,
    ...(declaredQualified === null
      ? {}
      : {
          declares: [
            'qualified',
            ...(declaredQualified.device ? ['on a device'] : []),
            ...declaredQualified.purpose,
          ].join(', '),
        }),
  };
}

function judged({ status, code, why }: Finding<string>, language: Language): string {
  if (code === null) return why === null ? status : `${status}: ${why}`;
  return `${status}: ${said(code, why, language)}`;
}

function said(code: ErrorCode, why: string | null, language: Language): string {
  return `${code} (${ERROR_POLICIES[code][language]}${why === null ? '' : ` ${why}`})`;
}
