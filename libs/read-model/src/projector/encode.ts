/** Characters that JSON can carry and PostgreSQL's text cannot: NUL, and halves of surrogate pairs. */
const ESCAPED = /\\u(0000|d[89a-f])/i;

const FORBIDDEN = /\0|\p{Surrogate}/gu;

const cleaned = (value: unknown): unknown => {
  if (typeof value === 'string') return value.replace(FORBIDDEN, '\uFFFD');
  if (Array.isArray(value)) return value.map(cleaned);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, of]) => [cleaned(key), cleaned(of)]));
};

/** Columns hold whole numbers (ids, times, bytes); a fraction of a millisecond may not stop the projector. */
const whole = (row: object): object => {
  let copy: Record<string, unknown> | undefined;
  for (const [key, value] of Object.entries(row)) {
    if (typeof value !== 'number' || Number.isSafeInteger(value)) continue;
    copy ??= { ...row };
    copy[key] = Math.max(Number.MIN_SAFE_INTEGER, Math.min(Number.MAX_SAFE_INTEGER, Math.round(value)));
  }
  return copy ?? row;
};

/** Rows as the JSON parameter of a statement. What a build or an expression wrote cannot make it fail. */
export const encodeRows = (rows: readonly object[]): string => {
  const text = JSON.stringify(rows.map(whole));
  return ESCAPED.test(text) ? JSON.stringify(cleaned(JSON.parse(text))) : text;
};
