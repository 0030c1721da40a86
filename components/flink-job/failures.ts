/**
 * What went wrong, in the words of the innermost cause of a Java stack trace, with the exception's short name behind it:
 * `Access denied for user 'capture' (SQLException)`.
 */
export function rootCause(stackTrace: string): string {
  const lines = stackTrace.split("\n").map((line) => line.trimEnd());
  const start = lines.reduce((found, line, index) => (line.startsWith("Caused by: ") ? index : found), 0);
  const rest = lines.slice(start + 1);
  const end = rest.findIndex((line) => /^\s*(at |\.\.\. \d+ more|Caused by: |End of exception)/.test(line));
  const message = [lines[start] ?? "", ...rest.slice(0, end < 0 ? undefined : end)].join("\n");
  const [, exception, text] =
    /^(?:Caused by: )?((?:[\w$]+\.)+[\w$]+)(?:: ([\s\S]*))?$/.exec(message.trim()) ?? [];
  if (!exception) return message.trim();
  const shortName = exception.slice(exception.lastIndexOf(".") + 1);
  return text ? `${text.trim()} (${shortName})` : shortName;
}

/**
 * An error that another try may cure: nobody answers, or the JobManager is electing a leader.
 * @param isUntaken whether nobody was there to take the request, so that it has certainly done nothing
 */
export function temporaryError(message: string, isUntaken = false): Error {
  return Object.assign(new Error(message), { temporary: true, untaken: isUntaken });
}

export function isTemporary(error: unknown): boolean {
  return (error as { temporary?: boolean }).temporary === true;
}

export function isUntaken(error: unknown): boolean {
  return (error as { untaken?: boolean }).untaken === true;
}

/** An error after which nothing may be started instead: another job is in that place, or may come up in it yet. */
export function placeTakenError(message: string): Error {
  return Object.assign(new Error(message), { placeTaken: true });
}

export function isPlaceTaken(error: unknown): boolean {
  return (error as { placeTaken?: boolean }).placeTaken === true;
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
