/** A process that verifies a copy and tells what it took: `verify-process <folder> <state> <vkey> <root> <threads>`. */
import { verifyFolder } from '#audit';
import { parseVkey, quorumPolicy } from '#tlog';

/** What the process prints, as JSON. */
export interface Took {
  readonly verdict: string;
  readonly leaves: number;
  readonly events: number;
  /** Wall time, milliseconds. */
  readonly ms: number;
  /** Processor time, threads included, milliseconds. */
  readonly cpuMs: number;
  /** The most memory that the process ever had, bytes. */
  readonly rss: number;
}

const [folder = '', stateFolder = '', vkey = '', root = '', threads = '2'] = process.argv.slice(2);
const start = performance.now();
const cpu = process.cpuUsage();
const report = await verifyFolder({
  folder,
  stateFolder,
  policy: quorumPolicy(parseVkey(vkey), [], 0),
  earlier: [],
  root,
  threads: Number(threads),
  now: () => new Date(),
});
const { user, system } = process.cpuUsage(cpu);
const took: Took = {
  verdict: report.verdict,
  leaves: report.log?.size ?? 0,
  events: report.counts.leaves['event'] ?? 0,
  ms: performance.now() - start,
  cpuMs: (user + system) / 1000,
  rss: process.resourceUsage().maxRSS * 1024,
};
process.stdout.write(JSON.stringify(took));
