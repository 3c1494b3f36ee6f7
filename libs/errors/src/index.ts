export { ERROR_POLICIES, HubError, isErrorCode, type ErrorCode } from './hub-error.ts';
export type { Language } from './language.ts';
export type { ErrorPolicy } from './policy.ts';
export { systemCode } from './system-code.ts';
