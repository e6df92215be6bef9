/** An input could not be fetched. The message names the input and ends with the tool's own words. */
export class FetchError extends Error {
  override readonly name = 'FetchError';
  constructor(
    readonly input: string,
    readonly kind: 'invalid-value' | 'unsupported-type' | 'timed-out' | 'failed',
    detail: string,
    options?: ErrorOptions,
  ) {
    super(`input '${input}': ${detail}`, options);
  }
}

/** The end of what a program said, which is where it says why. */
export const lastLines = (text: string, count = 6): string =>
  text
    .trim()
    .split('\n')
    .filter((line) => line.trim() !== '')
    .slice(-count)
    .join('\n');
