/** The program of a thread that dies of whatever it is given, at once, like one that runs out of memory. */
export default function die(): never {
  process.exit(1);
}
