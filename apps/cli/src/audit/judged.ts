import { HubError } from '#errors';
import { languageOf } from '../output/failure.ts';

/** What cannot be judged is neither a yes nor a no: exit code 2. @throws HubError `AUDIT_NOT_JUDGED` */
export async function judged<T>(verify: () => Promise<T>): Promise<T> {
  try {
    return await verify();
  } catch (cause) {
    if (!(cause instanceof HubError) || cause.code === 'INTERNAL_ERROR') throw cause;
    const { code, message, policy } = cause;
    const said = `${code}: ${message}\n${policy[languageOf(process.env)]}\n${policy.remedy[languageOf(process.env)]}`;
    throw new HubError('AUDIT_NOT_JUDGED', said, { cause, details: { code, reason: message } });
  }
}
