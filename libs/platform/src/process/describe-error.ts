import { HubError, type Language } from '#errors';

/** What a person at a terminal reads about an error: code and sentence, what was wrong this time, the remedy. */
export function describeError(error: unknown, language: Language = 'en'): string {
  if (!(error instanceof HubError))
    return error instanceof Error ? (error.stack ?? error.message) : String(error);
  const { policy, code, message } = error;
  return [
    `${code}: ${policy[language]}`,
    ...message.split('\n').map((line) => `  ${line}`),
    policy.remedy[language],
  ].join('\n');
}
