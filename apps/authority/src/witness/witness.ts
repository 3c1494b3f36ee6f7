import type { WitnessReports } from './witness-reports.ts';
import type { WitnessSettings } from './witness-config.ts';

/** This node as a witness; whoever opened it also closes it. */
export interface Witness {
  /** Null at a node that is none. */
  readonly settings: WitnessSettings | null;
  readonly reports: WitnessReports;
}

/** Nest token of {@link Witness}. */
export const WITNESS = Symbol('Witness');
