/** `riepilogo.markup`: a function of the facts alone, so that whoever has the container can write it again and compare. */
import type { EvidenceFacts } from '../facts.ts';
import { code, markup, raw, type Html } from './html.ts';
import { actions, documents, happened, participants, told } from './what-happened.ts';
import { certificates, checking, meaning, notProved, transparency } from './what-it-proves.ts';
import { whereFrom } from './where-from.ts';
import { italianTime } from './words.ts';

/** Changes with every change of what is written: another version's summary is not compared. */
export const SUMMARY_VERSION = '2';

const STYLE = `
:root{color-scheme:light;--line:#5b6670}
body{font:16px/1.5 system-ui,sans-serif;color:#1a1f24;background:#fff;max-width:75rem;margin:0 auto;padding:1rem}
a{color:#0b4f9e}a:focus-visible,.table:focus-visible{outline:3px solid #0b4f9e;outline-offset:2px}
.skip{position:absolute;left:-999rem}.skip:focus{position:static}
h1{font-size:1.6rem;line-height:1.25}h2{font-size:1.25rem;margin-top:2rem;border-bottom:2px solid var(--line)}
.table{overflow-x:auto;margin:1rem 0}table{border-collapse:collapse;width:100%}
caption{text-align:left;font-weight:600;padding:.25rem 0}
th,td{border:1px solid var(--line);padding:.35rem .5rem;text-align:left;vertical-align:top}
thead th{background:#e8edf2}small{font-size:.85em}code{font-size:.85em;overflow-wrap:anywhere}
dt{font-weight:600}dd{margin:0 0 .75rem}
@media print{body{max-width:none;padding:0;font-size:10pt}nav,.skip{display:none}.table{overflow:visible}thead{display:table-header-group}tr{break-inside:avoid}h2{break-after:avoid}a{color:inherit;text-decoration:none}@page{size:A4;margin:15mm}}
`.trim();

/** The summary of a container, UTF-8: one page without scripts or anything from elsewhere, for a screen, a reader or paper. */
export function renderSummary(facts: EvidenceFacts): Buffer {
  const { acts } = facts;
  const filing = acts[0]?.signed.event;
  const name = filing?.practice.cui ?? `${facts.practice.owner}/${facts.practice.uuid}`;
  const sections: readonly (readonly [string, string, Html])[] = [
    ['in-breve', 'In breve', inShort(facts)],
    ...(facts.making.fromCopy
      ? [['provenienza', 'Fatto da una copia: che cosa manca', whereFrom(facts)] as const]
      : []),
    ['eventi', 'Che cosa è successo, in ordine', happened(facts)],
    ['amministrazioni', 'Chi è interessato e perché', participants(facts)],
    ['ricevute', 'Chi è stato informato, e quando', told(facts)],
    ['documenti', 'Documenti', documents(facts)],
    ['azioni', 'Azioni degli operatori', actions(facts)],
    ['registro', 'Il registro di trasparenza', transparency(facts)],
    ['certificati', 'Certificati', certificates(facts)],
    ['significato', 'Che cosa significa ogni prova', meaning(facts)],
    ['verifica', 'Come verificare', checking(facts)],
    ['non-provato', 'Che cosa non è provato', notProved()],
  ];
  const page = markup`<!doctype html>
<html lang="it">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="generator" content="reset-hub evidence ${SUMMARY_VERSION}">
<title>Riepilogo delle prove della pratica ${name}</title>
<style>${raw(STYLE)}</style>
</head>
<body>
<a class="skip" href="#in-breve">Vai al contenuto</a>
<header>
<h1>Riepilogo delle prove della pratica ${name}</h1>
<p>Accesso agli atti: ciò che la rete Re.Se.T. conserva di firmato su questa pratica, con le prove.</p>
</header>
<nav aria-label="Indice">
<ol>
${sections.map(([id, title]) => markup`<li><a href="#${id}">${title}</a></li>\n`)}</ol>
</nav>
<main>
${sections.map(([id, title, content]) => markup`<section id="${id}" aria-labelledby="${id}-titolo">\n<h2 id="${id}-titolo">${title}</h2>\n${content}</section>\n`)}</main>
</body>
</html>
`;
  return Buffer.from(page.html);
}

function inShort(facts: EvidenceFacts): Html {
  const { acts, log, practice, registry } = facts;
  const filing = acts[0]?.signed.event;
  const last = acts.at(-1)?.signed.event;
  const procedure =
    filing === undefined ? undefined : registry.procedure(filing.procedure.code, filing.procedure.version);
  const receipts = acts.reduce((sum, act) => sum + act.receipts.length, 0);
  const kind =
    filing === undefined
      ? '—'
      : `${procedure?.title.it ?? filing.procedure.code} (${filing.procedure.code}, versione ${filing.procedure.version})`;
  return markup`<dl>
<dt>Amministrazione titolare</dt><dd>${facts.bodyName(practice.owner)}</dd>
<dt>Pratica</dt><dd>${filing?.practice.cui ?? '—'}<br><small>identificativo ${code(practice.uuid)}</small></dd>
<dt>Procedimento</dt><dd>${kind}</dd>
<dt>Territorio (codice ISTAT)</dt><dd>${filing?.territory ?? '—'}</dd>
<dt>Eventi</dt><dd>${acts.length}${last === undefined ? '' : `, l’ultimo con ora ${italianTime(last.time)}`}</dd>
<dt>Ricevute</dt><dd>${receipts}</dd>
<dt>Documenti nominati</dt><dd>${facts.documents.length}</dd>
<dt>Punto del registro</dt><dd>${log.size} voci; testimoni che lo hanno controfirmato: ${log.witnesses.length}</dd>
</dl>
<p>Ore di orologio in Italia. Ogni riga rimanda ai file che la provano, che stanno accanto a questa pagina nel contenitore.</p>
`;
}

/** The version that a summary says it was written by; undefined if it does not say. */
export function summaryVersion(page: Buffer): string | undefined {
  return /<meta name="generator" content="reset-hub evidence ([0-9A-Za-z.]{1,16})">/.exec(
    page.toString('utf8', 0, 2_048),
  )?.[1];
}
