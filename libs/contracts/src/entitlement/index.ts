export { admitEvent, type SettledPractice } from './admit-event.ts';
export {
  checkEntitlement,
  type EntitledParty,
  type EntitlementQuestion,
  type PracticeStanding,
} from './check-entitlement.ts';
export { acceptedForm } from './declared-facts.ts';
