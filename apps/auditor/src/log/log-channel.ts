/** The bell with which the intake tells the writer that entries wait. */
export const LOG_CHANNEL = 'log_entry';
