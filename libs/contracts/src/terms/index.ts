export { addTerm, romeDate } from './add-term.ts';
export { isItalianHoliday } from './italian-holidays.ts';
