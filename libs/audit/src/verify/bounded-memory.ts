/**
 * Flags of Node with which a verification keeps below 512 MB, threads included, whatever the log's size. What it holds is
 * some 100 MB; without them the engine lets each thread gather garbage before it cleans up, until the machine's memory
 * says stop. They count for the process: give them to whoever verifies.
 */
export const BOUNDED_MEMORY_FLAGS: readonly string[] = [
  '--max-semi-space-size=4',
  '--max-old-space-size=256',
];
