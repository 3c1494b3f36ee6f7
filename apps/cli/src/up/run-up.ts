import { HubError } from '#errors';
import { Announcement } from '../network/announcement.ts';
import { removeNetwork, type Network } from '../network/network-file.ts';
import { everyNode } from '../network/nodes.ts';
import type { Answer } from '../output/answer.ts';
import { failureOf, languageOf } from '../output/failure.ts';
import { fields } from '../output/table.ts';
import { watchCallers } from './callers.ts';
import { Demonstration, shownText, type Shown } from './demonstration/demonstration.ts';
import { lockHome } from './home-lock.ts';
import { nodeNames, planNetwork } from './network-plan.ts';
import { checkNodeVariables } from './node-environment.ts';
import { claimHome, emptyHome, markHome } from './prepare-home.ts';
import { Progress } from './progress.ts';
import { quietKafkajs } from './quiet-kafkajs.ts';
import { Shutdown } from './shutdown.ts';
import { NetworkStart } from './start-network.ts';

export interface UpOptions {
  readonly home: string;
  readonly json: boolean;
  /** Ends after the demonstration. */
  readonly once: boolean;
  /** Forgets what the folder holds. */
  readonly fresh: boolean;
  /** A `network.yaml`; the rete di Cremona when absent. */
  readonly network: string | undefined;
}

/** What is still starting when the end is asked for gets this long, milliseconds; then the guardian ends it. */
const SETTLE_MS = 5_000;

/**
 * Starts the network, shows a practice going its way, and keeps everything up until it is told to stop.
 * @param tell is told once, when all is up and shown
 * @throws HubError of the step that failed; `NODE_VARIABLE_UNKNOWN`, `UP_ALREADY_RUNNING`, `HOME_NOT_OURS`, `HOME_OF_ANOTHER_NETWORK`
 */
export async function runUp(options: UpOptions, tell: (answer: Answer) => void): Promise<void> {
  const { home, json, fresh } = options;
  quietKafkajs();
  const plan = planNetwork(options.network);
  checkNodeVariables(nodeNames(plan), process.env);
  await claimHome(home);
  const lock = await lockHome(home);
  const shutdown = new Shutdown();
  const unlisten = listen(shutdown);
  const progress = new Progress(json);
  const announcement = new Announcement(home);
  try {
    await removeNetwork(home);
    if (fresh) await emptyHome(home);
    const marker = await markHome(home, plan.catalogue.network);
    const warn = (text: string): void => void process.stderr.write(text);
    const start = new NetworkStart({
      ...{ home, plan, marker, lock, shutdown, announcement, warn },
      env: process.env,
    });
    await unlessStopped(shutdown, progress.run(start.steps()));
    const network = start.network();
    tell(answerOf(network, progress, await demonstrate(network, plan, shutdown, progress)));
    if (!options.once) await stopAsked(shutdown);
  } catch (error) {
    if (!shutdown.signal.aborted || error instanceof HubError) throw error;
    throw new HubError('START_INTERRUPTED', `stopped by ${String(shutdown.signal.reason)}`);
  } finally {
    shutdown.ask('the end');
    await announcement.withdraw();
    await shutdown.settle(SETTLE_MS);
    await new Progress(json).run(shutdown.steps());
    unlisten();
    await lock.release();
  }
}

/** Ctrl-C and its like ask for the end; asked twice, this process goes at once and the guardian does the rest. */
function listen(shutdown: Shutdown): () => void {
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  const asked = (signal: string): void => {
    if (shutdown.signal.aborted) process.exit(130);
    shutdown.ask(signal);
  };
  for (const signal of signals) process.on(signal, asked);
  const unwatch = watchCallers(process.env, () => {
    shutdown.ask('npm is gone');
  });
  return () => {
    for (const signal of signals) process.off(signal, asked);
    unwatch();
  };
}

async function stopAsked({ signal }: Shutdown): Promise<void> {
  if (signal.aborted) return;
  // Something has to keep the process alive: children's channels may all be gone while one is started again.
  const alive = setInterval(() => undefined, 60_000);
  await new Promise<void>((resolve) => {
    signal.addEventListener('abort', () => {
      resolve();
    });
  });
  clearInterval(alive);
}

/** What `work` gives, unless the end is asked for first. */
async function unlessStopped<T>({ signal }: Shutdown, work: Promise<T>): Promise<T> {
  const stopped = Promise.withResolvers<never>();
  const stop = (): void => {
    stopped.reject(signal.reason instanceof Error ? signal.reason : new Error(String(signal.reason)));
  };
  signal.addEventListener('abort', stop);
  // Whoever loses the race may still fail; nobody is waiting then.
  work.catch(() => undefined);
  try {
    signal.throwIfAborted();
    return await Promise.race([work, stopped.promise]);
  } finally {
    signal.removeEventListener('abort', stop);
  }
}

type Outcome = Shown | { readonly error: unknown };

async function demonstrate(
  network: Network,
  plan: ConstructorParameters<typeof Demonstration>[1],
  shutdown: Shutdown,
  progress: Progress,
): Promise<Outcome> {
  try {
    const demonstration = new Demonstration(network, plan, shutdown.signal);
    await unlessStopped(shutdown, progress.run(demonstration.steps()));
    return await demonstration.shown();
  } catch (error) {
    if (shutdown.signal.aborted) throw error;
    return { error };
  }
}

function answerOf(network: Network, progress: Progress, outcome: Outcome): Answer {
  const addresses = Object.fromEntries(everyNode(network).map(({ name, url }) => [name, `${url}/docs`]));
  const names = { folder: network.home, logs: `${network.home}/logs` };
  const where = `${fields({ ...addresses, ...names })}\n\nreset-hub (npm run hub -- …) works in a second terminal; Ctrl-C here ends the network.`;
  const common = { network: network.network, home: network.home, addresses, steps: progress.times };
  if (!('error' in outcome))
    return { json: { ...common, demonstration: outcome }, text: `\n${shownText(outcome)}\n\n${where}` };
  const failure = failureOf(outcome.error, languageOf(process.env));
  const logs = everyNode(network).map(({ log }) => `  ${log}`);
  return {
    json: { ...common, demonstration: failure.json, logs: everyNode(network).map(({ log }) => log) },
    text: `\n${failure.text}\nlogs:\n${logs.join('\n')}\n\n${where}`,
    exitCode: 1,
  };
}
