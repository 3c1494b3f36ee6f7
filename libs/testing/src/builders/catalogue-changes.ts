import { join } from 'node:path';
import { loadCatalogue, type Catalogue, type RegistryChange } from '#contracts';
import { listingOf, type TestPki } from './pki.ts';

/** The catalogue of the rete di Cremona: the same data that `npm start` publishes. */
export const CREMONA = join('contracts', 'catalogue', 'cremona');

/** The procedure of a practice that names none. */
export const DEFAULT_PROCEDURE = 'edilizia.scia';

/** The catalogue as the first network of this worker had it: a hundred kilobytes of YAML and forms, for each that is founded. */
let cremona: Catalogue | undefined;

/** The changes that found a network from its catalogue, in the order in which a reader can follow. */
export function foundingChanges(
  pki: TestPki,
  nodeUrls: Readonly<Record<string, string>>,
  catalogue: Catalogue = (cremona ??= loadCatalogue(CREMONA)),
): RegistryChange[] {
  const registryFirst = [...pki.signers.values()].sort(
    (a, b) =>
      Number(b.certificate.subject?.role === 'registry') - Number(a.certificate.subject?.role === 'registry'),
  );
  return [
    { kind: 'network.founded', network: catalogue.network, anchors: [pki.anchor] },
    ...registryFirst.map((signer): RegistryChange => ({
      kind: 'certificate.published',
      certificate: listingOf(signer),
    })),
    ...catalogue.bodies.map((body): RegistryChange => {
      const nodeUrl = nodeUrls[body.ipa];
      return { kind: 'body.published', body: nodeUrl === undefined ? body : { ...body, nodeUrl } };
    }),
    ...catalogue.borders.map((between): RegistryChange => ({ kind: 'border.published', between })),
    ...catalogue.areas.map((area): RegistryChange => ({ kind: 'area.published', ...area })),
    ...catalogue.forms.map((form): RegistryChange => ({ kind: 'form.published', form })),
    ...catalogue.procedures.map((procedure): RegistryChange => ({ kind: 'procedure.published', procedure })),
  ];
}

/** The network, its keys, its members, and `edilizia.scia` with its form. */
export function isOfEveryNetwork(change: RegistryChange): boolean {
  switch (change.kind) {
    case 'network.founded':
    case 'certificate.published':
      return true;
    case 'body.published':
      return change.body.joined;
    case 'form.published':
      return change.form.entry === `${DEFAULT_PROCEDURE}.xsd`;
    case 'procedure.published':
      return change.procedure.code === DEFAULT_PROCEDURE;
    default:
      return false;
  }
}
