import { identify, isRunning, parentOf } from '../network/process-identity.ts';

const LOOK_MS = 1_000;

/**
 * Calls `gone` when npm, or the shell it runs scripts in, is no more. A shell that is killed does not tell what it runs,
 * and a killed npm leaves both: without this the network would go on with nobody to stop it. Started by hand, there is
 * nobody to watch.
 */
export function watchCallers(env: NodeJS.ProcessEnv, gone: () => void): () => void {
  const { npm_lifecycle_event: script } = env;
  if (script === undefined) return () => undefined;
  const shell = identify(process.ppid);
  const npm = shell === undefined ? undefined : identify(parentOf(shell.pid) ?? 0);
  const callers = [shell, npm].filter((caller) => caller !== undefined);
  const timer = setInterval(() => {
    if (callers.every(isRunning)) return;
    clearInterval(timer);
    gone();
  }, LOOK_MS);
  timer.unref();
  return () => {
    clearInterval(timer);
  };
}
