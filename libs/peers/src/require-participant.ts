import { practiceKey, type Participant, type PracticeRef } from '#contracts';
import { HubError } from '#errors';

/** Only who takes part is given anything of a practice. @throws HubError `NOT_A_PARTICIPANT` */
export function requireParticipant(
  participants: readonly Participant[],
  holder: string,
  practice: Pick<PracticeRef, 'owner' | 'uuid'>,
): void {
  if (participants.some(({ ipa, joined }) => joined && ipa === holder)) return;
  throw new HubError('NOT_A_PARTICIPANT', `${holder} has no part in ${practiceKey(practice)}`);
}
