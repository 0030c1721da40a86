/**
 * Waits for tasks that run side by side. Once one has failed the others are told to stop, and its error comes when they have:
 * what they share can then be closed.
 */
export async function allOrNone<T>(tasks: readonly Promise<T>[], stop: AbortController): Promise<T[]> {
  const all = Promise.all(tasks);
  all.catch(() => stop.abort());
  await Promise.allSettled(tasks);
  return all;
}
