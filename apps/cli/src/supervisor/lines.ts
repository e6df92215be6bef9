/** One JSON object of the log, as far as it is shown. */
type Record_ = Readonly<{ level?: unknown; time?: unknown; app?: unknown; msg?: unknown } & Record<string, unknown>>;

const parse = (line: string): Record_ | undefined => {
  if (!line.startsWith('{')) return undefined;
  try {
    return JSON.parse(line) as Record_;
  } catch {
    return undefined; // a line that only looks like one of ours is shown as it is
  }
};

const shown = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));

/** A line for people: name, time of day, level, message, then the other fields. */
export const forTerminal = (name: string, line: string): string => {
  const prefix = `${name.padEnd(10)}| `;
  const record = parse(line);
  if (!record) return `${prefix}${line}\n`;
  const { level, time, app: _app, msg, err, ...fields } = record;
  const rest = Object.entries(fields).map(([key, value]) => `${key}=${shown(value)}`);
  const stack = typeof err === 'object' && err !== null ? ((err as { stack?: string }).stack ?? shown(err)) : undefined;
  const text = [
    String(time ?? '').slice(11, 19),
    String(level ?? '')
      .toUpperCase()
      .padEnd(5),
    msg,
    ...rest,
  ].join(' ');
  return `${prefix}${text}\n${stack ? `${stack.replace(/^/gm, prefix)}\n` : ''}`;
};

/** A line for a log: JSON as it came; anything else wrapped, so that every line of the log is JSON. */
export const forLog = (name: string, line: string, time: string): string =>
  parse(line) ? `${line}\n` : `${JSON.stringify({ level: 'info', time, app: name, msg: line })}\n`;
