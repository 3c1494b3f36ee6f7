/** How documents are divided into tasks. */

export interface TaskLimits {
  readonly documents: number;
  readonly bytes: number;
}

/** What a thread is given at once, and one turn of the event loop takes in. Packing copies, hence the bytes. */
export const THREADED: TaskLimits = { documents: 16, bytes: 1_048_576 };

/**
 * What the calling thread checks in one turn of its event loop: a millisecond for eight events of 5 KB, two and a half
 * where none of them is plain. On its way to a thread and back each costs some 0.2 ms of processor time more.
 */
export const INLINE: TaskLimits = { documents: 8, bytes: 65_536 };

/** True if the documents are a single task. */
export function fits(documents: readonly Buffer[], limits: TaskLimits): boolean {
  return (
    documents.length <= limits.documents &&
    documents.reduce((sum, { length }) => sum + length, 0) <= limits.bytes
  );
}

/** Tasks of neighbours, in order. A document over the limit of bytes is a task of its own. */
export function inTasks(documents: readonly Buffer[], limits: TaskLimits): readonly (readonly Buffer[])[] {
  const tasks: Buffer[][] = [];
  let room = 0;
  for (const bytes of documents) {
    const last = tasks.at(-1);
    if (last === undefined || last.length >= limits.documents || bytes.length > room) {
      tasks.push([bytes]);
      room = limits.bytes - bytes.length;
    } else {
      last.push(bytes);
      room -= bytes.length;
    }
  }
  return tasks;
}
