/** Of sentences for people: Italian or English. */
export type Language = 'it' | 'en';
