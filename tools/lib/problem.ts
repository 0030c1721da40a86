/** Something is wrong that its reader can put right: the message says what and where, the remedy what to do. */
export class Problem extends Error {
  /**
   * @param message what is wrong, and where
   * @param remedy what the reader does about it, as full sentences or commands
   */
  constructor(
    message: string,
    readonly remedy: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.name = "Problem";
  }
}

/** The text of whatever was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
