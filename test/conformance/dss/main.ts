/**
 * `npm run test:dss`: documents signed by this code with certificates of the embedded PKI, validated offline by the EU's
 * DSS library (the Maven project in this folder). Ends with `dss: N passed, N failed`; exit code 0 if none failed.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import {
  signDecisions,
  signEvent,
  signFilingReceipt,
  signReceipts,
  signRegistryEntry,
  signXml,
  type Signer,
} from '#evidence';
import { writeSegnatura } from '#protocollo';
import {
  aDecision,
  aFiling,
  aFilingReceipt,
  anAct,
  aReceipt,
  aRegistryEntry,
  aSegnatura,
  AUTHOR,
} from '../samples.ts';
import { containers } from './containers.ts';
import { valid, type Sample } from './sample.ts';
import { createNetwork, type Network } from './network.ts';

async function samplesOf(network: Network): Promise<readonly Sample[]> {
  const at = new Date();
  const author = network.signerOf(AUTHOR);
  return [
    ...(await eventsBy('P-256', author, at)),
    ...(await eventsBy('P-384', await network.signerWith('P-384', AUTHOR), at)),
    ...(await eventsBy('RSA 3072', await network.signerWith('RSA 3072', AUTHOR), at)),
    ...(await batchesOf(network, at)),
    valid('registry entry', await signRegistryEntry(aRegistryEntry(at), network.signerOf('registry'), at)),
    valid('filing receipt', await signFilingReceipt(aFilingReceipt(at), author, at)),
    valid('segnatura di protocollo', await signXml(writeSegnatura(aSegnatura(at)), author, at)),
    ...(await badOnes(network, at)),
    ...(await containers(network, at)),
  ];
}

async function eventsBy(key: string, signer: Signer, at: Date): Promise<readonly Sample[]> {
  return [
    valid(`filing, ${key}`, await signEvent(aFiling(at), signer, at)),
    valid(`act, ${key}`, await signEvent(anAct(at), signer, at)),
  ];
}

async function batchesOf(network: Network, at: Date): Promise<readonly Sample[]> {
  const decisions = [1, 2, 3].map((position) => aDecision(at, position, 'router-1'));
  const receipts = [aReceipt(at, 'p_cr')];
  return [
    valid('batch of decisions', (await signDecisions(decisions, network.signerOf('router-1'), at)).batch),
    valid('batch of receipts', (await signReceipts(receipts, network.signerOf('p_cr'), at)).batch),
  ];
}

async function badOnes(network: Network, at: Date): Promise<readonly Sample[]> {
  const filing = await signEvent(aFiling(at), network.signerOf(AUTHOR), at);
  const revoked = await signEvent(aFiling(at), network.revoked, at);
  const stranger = await signEvent(aFiling(at), network.stranger, at);
  const otherTime = altered(filing, /(?<=<xades:SigningTime>)2/, '3');
  return [
    { about: 'filing, one text altered', bytes: altered(filing, 'SUAP', 'XXXX'), expected: 'HASH_FAILURE' },
    { about: 'filing, SigningTime altered', bytes: otherTime, expected: 'HASH_FAILURE' },
    { about: 'filing, certificate on the CRL', bytes: revoked, expected: 'REVOKED_NO_POE' },
    { about: 'filing, another CA', bytes: stranger, expected: 'NO_CERTIFICATE_CHAIN_FOUND' },
  ];
}

function altered(bytes: Buffer, from: string | RegExp, to: string): Buffer {
  const text = bytes.toString();
  const changed = text.replace(from, to);
  if (changed === text) throw new Error(`nothing to alter: ${String(from)}`);
  return Buffer.from(changed);
}

function write(folder: string, network: Network, samples: readonly Sample[]): void {
  writeFileSync(join(folder, 'ca.crt'), network.caPem);
  writeFileSync(join(folder, 'ca.crl'), network.crl);
  const lines = samples.map(({ about, bytes, expected, type = 'xml' }, i) => {
    const file = `${String(i + 1).padStart(2, '0')}.${type}`;
    writeFileSync(join(folder, file), bytes);
    return `${file}\t${expected}\t${about}\n`;
  });
  writeFileSync(join(folder, 'expected.tsv'), lines.join(''));
}

const POM = join(import.meta.dirname, 'pom.xml');
const TARGET = join(import.meta.dirname, 'target');

/** Compiles the validator, from Maven's local cache alone if that will do. */
function compiled(): boolean {
  const goals = ['-B', '-q', '-f', POM, 'compile', 'dependency:build-classpath'];
  if (spawnSync('mvn', ['-o', ...goals], { stdio: 'ignore' }).status === 0) return true;
  return spawnSync('mvn', goals, { stdio: 'inherit' }).status === 0;
}

/** @returns the validator's exit code */
function validate(folder: string): number {
  const jars = readFileSync(join(TARGET, 'classpath'), 'utf8').trim();
  const classpath = [join(TARGET, 'classes'), jars].join(delimiter);
  return spawnSync('java', ['-cp', classpath, 'ValidateFolder', folder], { stdio: 'inherit' }).status ?? 1;
}

const folder = mkdtempSync(join(tmpdir(), 'dss-'));
try {
  const network = await createNetwork(join(folder, 'pki'), AUTHOR);
  write(folder, network, await samplesOf(network));
  process.exitCode = compiled() ? validate(folder) : 1;
} finally {
  rmSync(folder, { recursive: true });
}
