import { HubError } from '#errors';
import { languageOf } from '../output/failure.ts';

/** What cannot be judged is neither a yes nor a no: exit code 2. @throws HubError `AUDIT_NOT_JUDGED` */
export async function judged<T>(judge: () => Promise<T>): Promise<T> {
  try {
    return await judge();
  } catch (cause) {
    if (!(cause instanceof HubError) || cause.code === 'INTERNAL_ERROR' || cause.code === 'USAGE_INVALID')
      throw cause;
    const { code, message, policy } = cause;
    const language = languageOf(process.env);
    const said = `${code}: ${message}\n${policy[language]}\n${policy.remedy[language]}`;
    throw new HubError('AUDIT_NOT_JUDGED', said, { cause, details: { code, reason: message } });
  }
}
