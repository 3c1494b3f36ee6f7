import type { X509Certificate } from 'node:crypto';
import {
  compileForm,
  type CompiledForm,
  type FormSchema,
  type IpaCode,
  type IstatCode,
  type Procedure,
  type PublicBody,
  type RegistryVersion,
  type Sha256,
} from '#contracts';
import { HubError } from '#errors';
import type { ExternalAnchor } from '#evidence';
import type { CertificateStanding, RegistryAtVersion, RegistryChain } from '#registry-chain';
import type { RegistryStatus, RegistryView, VersionStanding } from '#registry-view';

/** What a `RegistryView` answers, whoever answers it. */
export type RegistryReading = Omit<
  Pick<RegistryView, keyof RegistryView>,
  'start' | 'close' | 'waitFor' | 'caughtUp' | 'onChange'
>;

/** Answers as a node's registry copy does, from a verified chain in memory: no broker, no database, nothing late. */
export class ChainRegistry implements RegistryReading {
  readonly staleSince = null;
  readonly #chain: RegistryChain;
  readonly #compiled = new Map<FormSchema, CompiledForm>();
  #latest: RegistryAtVersion | undefined;

  constructor(chain: RegistryChain) {
    this.#chain = chain;
  }

  current(): RegistryVersion {
    if (this.#chain.head !== null) return this.#chain.head;
    throw new HubError('REGISTRY_VERSION_UNKNOWN', 'the chain is empty');
  }

  latest(): RegistryAtVersion {
    const number = this.#chain.head?.number ?? 0;
    if (this.#latest?.number !== number) this.#latest = this.#chain.latest();
    return this.#latest;
  }

  at(number: number): RegistryAtVersion {
    return this.#chain.at(number);
  }

  hasVersion(number: number, digest: Sha256): VersionStanding {
    const own = this.#chain.digestOf(number);
    if (own === undefined) return 'behind';
    return own === digest ? 'known' : 'different';
  }

  status(): RegistryStatus {
    return { head: this.#chain.head, caughtUp: true, staleSince: null, refused: 0, alarm: null };
  }

  get anchors(): readonly X509Certificate[] {
    return this.latest().anchors;
  }

  get external(): readonly ExternalAnchor[] {
    return this.latest().external;
  }

  certificate(fingerprint: Sha256): CertificateStanding | undefined {
    return this.latest().certificate(fingerprint);
  }

  procedure(code: string, version: number): Procedure | undefined {
    return this.latest().procedure(code, version);
  }

  latestProcedure(code: string): Procedure | undefined {
    return this.latest().latestProcedure(code);
  }

  body(ipa: IpaCode): PublicBody | undefined {
    return this.latest().body(ipa);
  }

  municipality(istat: IstatCode): PublicBody | undefined {
    return this.latest().municipality(istat);
  }

  bordering(istat: IstatCode): readonly PublicBody[] {
    return this.latest().bordering(istat);
  }

  area(code: string): readonly PublicBody[] {
    return this.latest().area(code);
  }

  members(): readonly PublicBody[] {
    return this.latest().members();
  }

  formSchema(namespace: string, root: string, version?: string): FormSchema | undefined {
    return this.latest().formSchema(namespace, root, version);
  }

  compiledForm(namespace: string, root: string, version?: string): CompiledForm {
    const schema = this.formSchema(namespace, root, version);
    if (schema === undefined) throw new HubError('FORM_NOT_REGISTERED', `no form {${namespace}}${root}`);
    const found = this.#compiled.get(schema) ?? compileForm(schema);
    this.#compiled.set(schema, found);
    return found;
  }
}
