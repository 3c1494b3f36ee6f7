/** An event as text: what the hub's own is, element by element. */
import { randomUUID } from 'node:crypto';

export interface EventText {
  readonly id: string;
  readonly practice: string;
  readonly cui: string;
  readonly at: Date;
  /** 64 hexadecimal digits. */
  readonly random: () => string;
}

const DOCUMENTS = 6;

export function unsignedEvent({ id, practice, cui, at, random }: EventText): string {
  const form = randomUUID();
  const documents = Array.from({ length: DOCUMENTS }, (_, n) => {
    const [document, role, media] =
      n === 0 ? [form, 'form', 'application/xml'] : [randomUUID(), 'attachment', 'application/pdf'];
    return `<Document digest="${random()}" id="${document}" mediaType="${media}" role="${role}" size="${250_000 + n}"></Document>`;
  });
  const facts = ['tipo-intervento', 'in-fascia-di-confine', 'attivita-antincendio', 'superficie'].map(
    (name) => `<Fact kind="boolean" name="${name}" value="true"></Fact>`,
  );
  return (
    `<Event xmlns="urn:reset-hub:event:1" id="${id}" time="${at.toISOString()}" type="practice.filed" version="1.0">` +
    `<Author ipa="c_d150" office="SUE"></Author><Practice cui="${cui}" owner="c_d150" uuid="${practice}"></Practice>` +
    `<Sequence number="1"></Sequence><Registry digest="${random()}" number="42"></Registry>` +
    '<Procedure code="edilizia.scia" version="1"></Procedure><Territory istat="019036"></Territory>' +
    `<Facts>${facts.join('')}</Facts><Body><PracticeFiled xmlns="urn:reset-hub:body:1"><Form document="${form}" ` +
    'namespace="urn:reset-hub:form:edilizia.scia:1" root="scia-edilizia" version="1.0.0"></Form></PracticeFiled></Body>' +
    `<Documents>${documents.join('')}</Documents></Event>`
  );
}
