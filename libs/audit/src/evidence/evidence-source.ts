import type { RegistryVersion, Sha256 } from '#contracts';
import type { RegistryQuestion } from './registry-part.ts';

/** A leaf of the practice. */
export interface SourceLeaf {
  readonly index: number;
  /** RFC 8785 canonical JSON. */
  readonly entry: Buffer;
}

/** The one state of the log that everything in a container is proved under. */
export interface ProvingCheckpoint {
  readonly size: number;
  /** 32 bytes. */
  readonly root: Buffer;
  /** C2SP tlog-checkpoint with the cosignatures that it has. */
  readonly note: Buffer;
  /** True if enough witnesses have cosigned it, as this log counts. */
  readonly witnessed: boolean;
}

/** A member as a witness of the log. */
export interface SourceWitness {
  readonly holder: string;
  readonly vkey: string;
  /** The signed action by which its seal vouches for that key. */
  readonly statement: Buffer;
}

/** What a container is made of, wherever it is kept. All of it is of one state of the log, which never changes. */
export interface EvidenceSource {
  readonly practice: { readonly owner: string; readonly uuid: string };
  /** Of a copy of the log, without asking anybody; absent where the auditor's node has read its own. */
  readonly made?: 'from-copy';
  readonly checkpoint: ProvingCheckpoint;
  /** The log's vkey. */
  readonly logKey: string;
  readonly witnesses: readonly SourceWitness[];
  /** Every leaf of the practice below the checkpoint's size, in order. */
  readonly leaves: readonly SourceLeaf[];
  /** Head of the registry's chain, as far as it is read here. */
  readonly registryHead: RegistryVersion;
  /** Signed bytes by their SHA-256, few at a time. @throws HubError `ARCHIVE_NOT_FOUND` if one is missing */
  documents(digests: readonly Sha256[]): Promise<ReadonlyMap<Sha256, Buffer>>;
  /** Inclusion proofs of leaves under the checkpoint, few at a time, in the order asked for. */
  proofs(indexes: readonly number[]): Promise<readonly (readonly Buffer[])[]>;
  /** The signed entries of the registry up to `registryHead` that the question is about; all of them if it is null. */
  registry(question: RegistryQuestion | null): AsyncIterable<Buffer>;
}
