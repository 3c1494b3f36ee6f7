/** What happened, who was told, and which documents are named: the parts of the summary about the practice. */
import { readableName, proofName } from '../container-format.ts';
import type { Act, EvidenceFacts } from '../facts.ts';
import { code, file, list, markup, table, time, type Html } from './html.ts';
import {
  bodyWords,
  DOCUMENT_WORDS,
  EVENT_WORDS,
  italianDay,
  italianTime,
  PART_WORDS,
  RECEIPT_WORDS,
  termWords,
} from './words.ts';

function place({ decision }: Pick<Act, 'decision'>): string {
  return decision === undefined ? '—' : String(decision.decision.position);
}

/** In the order of the positions that the router has given. */
export function happened(facts: EvidenceFacts): Html {
  const rows = facts.acts.map((act) => {
    const { event, certificate } = { event: act.signed.event, certificate: act.signed.certificate };
    const more = [
      bodyWords(event.body),
      ...(event.replaces === null ? [] : [`sostituisce l’evento ${event.replaces}`]),
    ].filter((words) => words !== '');
    return [
      place(act),
      markup`${EVENT_WORDS[event.type]}${more.length === 0 ? '' : markup`<br><small>${more.join('; ')}</small>`}`,
      markup`${facts.bodyName(event.author.ipa)}<br><small>ufficio ${event.author.office}</small>`,
      time(event.time, italianTime(event.time)),
      act.decision === undefined
        ? 'nessuna decisione nel registro'
        : time(act.decision.decision.time, italianTime(act.decision.decision.time)),
      markup`${file(act.signed.file, 'documento')}, ${file(proofName(act.signed.file), 'prova')}<br><small>certificato ${code(certificate.fingerprint.slice(0, 16))}</small>`,
    ];
  });
  const columns = [
    { title: 'Posizione', isHead: true },
    { title: 'Che cosa' },
    { title: 'Chi' },
    { title: 'Ora dichiarata dall’autore' },
    { title: 'Accettato e messo in ordine' },
    { title: 'File' },
  ];
  return table('Eventi della pratica, in ordine', columns, rows);
}

/** Who takes part, and by which rule. */
export function participants(facts: EvidenceFacts): Html {
  // Later acts follow the filing's participants: the first decision names them all.
  const first = facts.acts.find(({ decision }) => decision !== undefined)?.decision;
  const rows = (first?.decision.participants ?? []).map(
    ({ ipa, part, joined, rule, regime, term, legalBasis }) => [
      facts.bodyName(ipa),
      PART_WORDS[part],
      joined ? 'con il proprio nodo' : 'via PEC, dal titolare',
      `regola ${rule}, base giuridica ${legalBasis}`,
      `${regime}, ${termWords(term)}`,
    ],
  );
  const columns = [
    { title: 'Amministrazione', isHead: true },
    { title: 'Ruolo' },
    { title: 'Come è raggiunta' },
    { title: 'Perché' },
    { title: 'Regime e termine' },
  ];
  return table('Amministrazioni interessate', columns, rows);
}

/** Who was told when, event by event, by the receipts that each has signed. */
export function told(facts: EvidenceFacts): Html {
  const rows = facts.acts.flatMap((act) =>
    act.receipts.map(({ receipt, file: name }) => {
      const { registration, cancellation, code: reason } = receipt;
      const more = [
        ...(registration === null
          ? []
          : [
              `protocollo n. ${registration.number} del ${italianDay(registration.date)}, registro ${registration.register}, AOO ${registration.aoo}`,
            ]),
        ...(cancellation === null ? [] : [`provvedimento ${cancellation.act}`]),
        ...(reason === null ? [] : [`codice ${reason}`]),
      ];
      return [
        place(act),
        EVENT_WORDS[act.signed.event.type],
        facts.bodyName(receipt.by),
        markup`${RECEIPT_WORDS[receipt.kind]}${more.length === 0 ? '' : markup`<br><small>${more.join('; ')}</small>`}`,
        time(receipt.time, italianTime(receipt.time)),
        markup`${file(name, 'ricevuta')}, ${file(readableName(name), 'leggibile')}, ${file(proofName(name), 'prova')}`,
      ];
    }),
  );
  const columns = [
    { title: 'Posizione', isHead: true },
    { title: 'Evento' },
    { title: 'Chi' },
    { title: 'Che cosa dichiara' },
    { title: 'Quando' },
    { title: 'File' },
  ];
  return markup`${table('Ricevute, per evento', columns, rows)}${withoutReceipt(facts)}`;
}

/** Whom a decision names, and of whom the log has no receipt: said, because it cannot be seen in a list. */
function withoutReceipt(facts: EvidenceFacts): Html {
  const silent = facts.acts.flatMap((act) => {
    const have = new Set(act.receipts.map(({ receipt }) => receipt.by.toLowerCase()));
    const author = act.signed.event.author.ipa.toLowerCase();
    return (act.decision?.decision.participants ?? [])
      .filter(({ ipa, joined }) => joined && !have.has(ipa.toLowerCase()) && ipa.toLowerCase() !== author)
      .map(
        ({ ipa }) =>
          `posizione ${place(act)}: nessuna ricevuta di ${facts.bodyName(ipa)} fino a questo punto del registro`,
      );
  });
  return silent.length === 0 ? markup`` : markup`<h3>Ricevute che mancano</h3>\n${list(silent)}`;
}

/** Documents as the events name them: enough to recognise a copy, nothing of what is in them. */
export function documents(facts: EvidenceFacts): Html {
  const rows = facts.documents.map(({ position, role, mediaType, size, saltedDigest, id }) => [
    position === null ? '—' : String(position),
    DOCUMENT_WORDS[role],
    mediaType,
    `${size}`,
    code(saltedDigest),
    code(id),
  ]);
  const columns = [
    { title: 'Posizione', isHead: true },
    { title: 'Documento' },
    { title: 'Tipo' },
    { title: 'Byte' },
    { title: 'Impronta con sale (SHA-256)' },
    { title: 'Identificativo' },
  ];
  return table('Documenti nominati dagli eventi', columns, rows);
}

/** What operators did about the practice. */
export function actions(facts: EvidenceFacts): Html {
  const rows = facts.actions.map(({ action, file: name }) => [
    time(action.time, italianTime(action.time)),
    action.node,
    code(action.kind),
    action.outcome,
    markup`${file(name, 'documento')}, ${file(readableName(name), 'leggibile')}, ${file(proofName(name), 'prova')}`,
  ]);
  const columns = [
    { title: 'Quando', isHead: true },
    { title: 'Nodo' },
    { title: 'Azione' },
    { title: 'Esito' },
    { title: 'File' },
  ];
  return table('Azioni di operatori su questa pratica', columns, rows);
}
