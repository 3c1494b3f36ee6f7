/**
 * kafkajs 2.2.4 arms timers with a negative delay, of which Node 24 warns. While topics are made that is harmless, and
 * nothing that a person at the terminal can do anything about: that one warning is not shown, any other is.
 */
export function quietKafkajs(): void {
  const printers = process.listeners('warning');
  process.removeAllListeners('warning');
  process.on('warning', (warning) => {
    if (warning.name === 'TimeoutNegativeWarning') return;
    for (const print of printers) print(warning);
  });
}
