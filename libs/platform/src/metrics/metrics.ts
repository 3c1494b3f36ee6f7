import { collectDefaultMetrics, Registry } from 'prom-client';

export type Metrics = Registry;

/** Nest token of the process's prom-client {@link Registry}. */
export const METRICS = Symbol('Metrics');

/**
 * A fresh metrics registry with the process's own figures (CPU, memory, event loop) in it; every series carries
 * `service="<name>"`. Rooms create their counters with `registers: [registry]`, never in the global registry.
 */
export function createMetrics(name: string): Metrics {
  const registry = new Registry();
  registry.setDefaultLabels({ service: name });
  collectDefaultMetrics({ register: registry });
  return registry;
}
