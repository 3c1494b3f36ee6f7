export { readTrustAnchors, type ChainContext } from './chain.ts';
export { SignatureChecker, type CheckerOptions } from './checker.ts';
export { inspectDocument, MAX_INSPECTED_BYTES, uninspected } from './inspect.ts';
export * from './report.ts';
