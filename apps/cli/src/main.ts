#!/usr/bin/env node
import { enableCompileCache } from 'node:module';

// Before anything heavy is loaded: the second call starts in half the time.
enableCompileCache();

// A reader that has enough (`| head`) is no error.
process.stdout.on('error', () => undefined);
const terminal = {
  out: (text: string) => void process.stdout.write(text),
  error: (text: string) => void process.stderr.write(text),
};
const args = process.argv.slice(2);
const { endWithCaller, needsBoundedMemory, runBounded } = await import('./run-bounded.ts');
if (needsBoundedMemory(args)) {
  process.exitCode = await runBounded(import.meta.filename, args);
} else {
  endWithCaller();
  const { runCli } = await import('./run-cli.ts');
  process.exitCode = await runCli(args, terminal, process.env);
}
