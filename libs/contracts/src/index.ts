export * from './decision.ts';
export * from './event.ts';
export * from './ids.ts';
export * from './procedure.ts';
