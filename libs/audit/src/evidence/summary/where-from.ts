/** Of a container that was made of a copy of the log: what nobody was asked for, and what it therefore lacks. */
import type { EvidenceFacts } from '../facts.ts';
import { list, markup, type Html } from './html.ts';

export function whereFrom({ making, log }: EvidenceFacts): Html {
  const lacks = [
    `Ciò che è successo dopo: la copia si ferma alla voce ${log.size} del registro di trasparenza.`,
    'Chi ha consultato la pratica: lo sanno solo le amministrazioni, che lo dicono a chi ne ha diritto.',
    'Il contenuto dei documenti, e se le amministrazioni li conservano ancora: si chiede a loro.',
    'Che cosa le amministrazioni hanno oggi della pratica: non è stato confrontato.',
  ];
  if (log.witnesses.length === 0)
    lacks.push(
      'Le controfirme di testimoni con la chiave dichiarata nella copia: non ce ne sono. Le altre si verificano con le chiavi chieste a loro.',
    );
  if (!making.sealed)
    lacks.push(
      'Il sigillo di chi tiene il registro: che non sia stata lasciata fuori una ricevuta, un’azione o l’ultimo evento lo mostra solo il registro intero, o un contenitore sigillato.',
    );
  return markup`<p>Questo contenitore è stato fatto da una copia del registro di trasparenza e del suo archivio, <strong>senza chiedere nulla</strong> né a chi tiene il registro né alle amministrazioni. I documenti firmati, le prove e le voci del registro della rete sono gli originali, byte per byte. Non ci sono:</p>\n${list(lacks)}`;
}
