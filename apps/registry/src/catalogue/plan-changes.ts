import { serializeRegistryEntry, type FormSchema, type RegistryChange } from '#contracts';
import { HubError } from '#errors';
import type { RegistryAtVersion } from '#registry-chain';
import type { NetworkSource } from './network-source.ts';

/**
 * What must be published so that the registry says what the catalogue says: nothing when it already does. The order is
 * that in which a reader can follow: who may sign, who belongs, where, with which forms and procedures.
 * @throws HubError `CATALOGUE_CONFLICT` if a published procedure would change under the same version, or the network
 *   is another one
 */
export function planChanges(wanted: NetworkSource, current: RegistryAtVersion): RegistryChange[] {
  return [
    ...foundation(wanted, current),
    ...externalIssuers(wanted, current),
    ...certificates(wanted, current),
    ...revocationLists(wanted, current),
    ...bodies(wanted, current),
    ...borders(wanted, current),
    ...areas(wanted, current),
    ...wanted.forms
      .filter((form) => !isPublished(form, current))
      .map((form): RegistryChange => ({ kind: 'form.published', form })),
    ...procedures(wanted, current),
  ];
}

/** True if this very schema, file by file, is what the registry answers for its namespace, root and version. */
export function isPublished(form: FormSchema, current: RegistryAtVersion): boolean {
  const known = current.formSchema(form.namespace, form.root, form.version);
  if (known?.entry !== form.entry || known.files.length !== form.files.length) return false;
  const bytesOf = new Map(known.files.map((file) => [file.path, file.bytes]));
  return form.files.every((file) => bytesOf.get(file.path)?.equals(file.bytes) === true);
}

function foundation({ network, anchors }: NetworkSource, current: RegistryAtVersion): RegistryChange[] {
  if (current.network === undefined) return [{ kind: 'network.founded', network, anchors }];
  if (current.network === network) return [];
  throw new HubError(
    'CATALOGUE_CONFLICT',
    `this registry is that of network ${current.network}; the catalogue is of ${network}`,
  );
}

/** One that was withdrawn stays so, and is not published again. */
function externalIssuers({ external }: NetworkSource, current: RegistryAtVersion): RegistryChange[] {
  const known = new Set(current.external.map(({ certificate }) => certificate.raw.toString('base64')));
  return external
    .filter((anchor) => !known.has(anchor))
    .map((anchor) => ({ kind: 'anchor.published', anchor }));
}

/** Lists that are newer than what was published. */
function revocationLists({ crls }: NetworkSource, current: RegistryAtVersion): RegistryChange[] {
  const known = new Map(current.crls().map((list) => [list.issuer, list.thisUpdate]));
  return crls
    .filter(({ issuer, thisUpdate }) => (known.get(issuer)?.getTime() ?? 0) < thisUpdate.getTime())
    .map(({ issuer, crl }) => ({ kind: 'crl.published', issuer, crl }));
}

/** The registry's own first: from then on a reader can check who signs against the list. */
function certificates(wanted: NetworkSource, current: RegistryAtVersion): RegistryChange[] {
  const missing = wanted.certificates.filter((each) => current.certificate(each.fingerprint) === undefined);
  const own = missing.filter((each) => each.role === 'registry');
  const others = missing.filter((each) => each.role !== 'registry');
  return [...own, ...others].map((certificate) => ({ kind: 'certificate.published', certificate }));
}

/** A node keeps its published address as long as nobody names another. */
function bodies(wanted: NetworkSource, current: RegistryAtVersion): RegistryChange[] {
  return wanted.bodies
    .map((body): RegistryChange => {
      const known = current.body(body.ipa);
      const keepsUrl = body.joined && body.nodeUrl === undefined && known?.nodeUrl !== undefined;
      return { kind: 'body.published', body: keepsUrl ? { ...body, nodeUrl: known.nodeUrl } : body };
    })
    .filter((change) => {
      const known = change.kind === 'body.published' ? current.body(change.body.ipa) : undefined;
      return known === undefined || !isSame(change, { kind: 'body.published', body: known });
    });
}

function borders(wanted: NetworkSource, current: RegistryAtVersion): RegistryChange[] {
  return wanted.borders
    .filter(([one, other]) => !current.borders(one).includes(other))
    .map((between) => ({ kind: 'border.published', between }));
}

function areas(wanted: NetworkSource, current: RegistryAtVersion): RegistryChange[] {
  return wanted.areas
    .filter((area) => current.areaCodes(area.code)?.join(' ') !== area.bodies.join(' '))
    .map(({ code, bodies: ipas }) => ({ kind: 'area.published', code, bodies: ipas }));
}

function procedures(wanted: NetworkSource, current: RegistryAtVersion): RegistryChange[] {
  return wanted.procedures
    .map((procedure): RegistryChange => ({ kind: 'procedure.published', procedure }))
    .filter((change) => {
      if (change.kind !== 'procedure.published') return false;
      const { code, version } = change.procedure;
      const known = current.procedure(code, version);
      if (known === undefined) return true;
      if (isSame(change, { kind: 'procedure.published', procedure: known })) return false;
      throw new HubError(
        'CATALOGUE_CONFLICT',
        `procedure ${code} version ${version} is published and differs from the catalogue`,
        { details: { procedure: code, version } },
      );
    });
}

/** Two changes are the same if they are the same on the wire: what differs only in memory is no change. */
function isSame(one: RegistryChange, other: RegistryChange): boolean {
  return onTheWire(one).equals(onTheWire(other));
}

function onTheWire(change: RegistryChange): Buffer {
  return serializeRegistryEntry({
    version: '1.0',
    number: 1,
    previous: null,
    time: '1970-01-01T00:00:00.000Z',
    change,
  });
}
