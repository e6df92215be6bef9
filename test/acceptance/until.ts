/** Asks again until the answer is there. Throws with what was asked for when it does not come in time. */
export const until = async <T>(
  what: string,
  ask: () => Promise<T | undefined | null | false>,
  { timeoutMs = 60_000, everyMs = 50, ignoreErrors = false } = {},
): Promise<T> => {
  const deadline = Date.now() + timeoutMs;
  let last: unknown;
  for (;;) {
    try {
      const answer = await ask();
      if (answer !== undefined && answer !== null && answer !== false) return answer;
    } catch (error) {
      if (!ignoreErrors) throw error;
      last = error;
    }
    if (Date.now() > deadline)
      throw new Error(`waited ${timeoutMs} ms for ${what}${last ? `; last: ${String(last)}` : ''}`);
    await new Promise((wake) => setTimeout(wake, everyMs));
  }
};
