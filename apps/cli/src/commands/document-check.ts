import type { X509Certificate } from 'node:crypto';
import type { Command } from 'commander';
import { z } from 'zod';
import { HubError } from '#errors';
import { readInput } from '../network/read-input.ts';
import { languageOf } from '../output/failure.ts';
import { answering, collect, leaf, texts, type Tell } from '../output/leaf.ts';
import { NOT_CHECKED, reportText } from '../output/signature-report.ts';

const options = z.object({ trust: texts });

/** `document check`: the signatures in any PDF, .p7m or XML, offline, with nothing but the file. */
export function documentCheck(tell: Tell): Command {
  return leaf('check <file>', {
    description: 'Check the signatures in a document offline: PDF (PAdES), .p7m (CAdES), XML (XAdES)',
    examples: ['document check relazione.pdf', 'document check relazione.pdf.p7m --trust ca.pem --json'],
  })
    .option('--trust <pem>', 'CA certificates to trace signers back to; may be repeated', collect)
    .action(
      answering(options, tell, async ({ options: { trust }, args: [file = ''] }) => {
        const bytes = await readInput(file);
        const { inspectDocument, isClean } = await import('#signed-uploads');
        const report = inspectDocument(bytes, { anchors: await readAnchors(trust), now: new Date() });
        const clean = isClean(report);
        return {
          json: { file, clean, trust, ...report, notChecked: NOT_CHECKED },
          text: reportText(file, report, languageOf(process.env)),
          exitCode: clean ? 0 : 1,
        };
      }),
    );
}

/** @throws HubError `USAGE_INVALID` for a file that holds no CA: the document is not to blame */
async function readAnchors(files: readonly string[]): Promise<readonly X509Certificate[]> {
  const { readTrustAnchors } = await import('#signed-uploads');
  const anchors = await Promise.all(
    files.map(async (file) => {
      const pem = await readInput(file);
      try {
        return readTrustAnchors(pem.toString('latin1'), file);
      } catch (cause) {
        if (!(cause instanceof HubError)) throw cause;
        throw new HubError('USAGE_INVALID', `--trust: ${cause.message}`, { cause });
      }
    }),
  );
  return anchors.flat();
}
