/** Something is wrong that its reader can put right: the message says what and where, the remedy what to do. */
export class Problem extends Error {
  /** The message tells all there is to tell: the end of a log would only repeat it. */
  readonly complete: boolean;

  /**
   * @param message what is wrong, and where
   * @param remedy what the reader does about it, as full sentences or commands
   */
  constructor(
    message: string,
    readonly remedy?: string,
    { complete = false, ...options }: ErrorOptions & { complete?: boolean } = {},
  ) {
    super(message, options);
    this.name = "Problem";
    this.complete = complete;
  }
}

/** The text of whatever was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
