/** One field that differs; `inputs.src` is a field of a record. Absent: undefined. */
export type Change = Readonly<{ field: string; before?: unknown; after?: unknown }>;

type Plain = Readonly<Record<string, unknown>>;
const isPlain = (value: unknown): value is Plain =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** JSON with sorted keys: equal texts are equal values. */
const canonical = (value: unknown): string =>
  JSON.stringify(value, (_, part: unknown) =>
    isPlain(part) ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1))) : part,
  ) ?? 'undefined';

/** The fields in which two plain JSON values differ, by name; records are compared field by field, `depth` levels deep. */
export const changesBetween = (before: Plain, after: Plain, depth = 2): Change[] =>
  [...new Set([...Object.keys(before), ...Object.keys(after)])].sort().flatMap((field): Change[] => {
    const [was, is] = [before[field], after[field]];
    if (canonical(was) === canonical(is)) return [];
    if (
      depth > 1 &&
      (isPlain(was) || was === undefined) &&
      (isPlain(is) || is === undefined) &&
      (isPlain(was) || isPlain(is))
    )
      return changesBetween(was ?? {}, is ?? {}, depth - 1).map((inner) => ({
        ...inner,
        field: `${field}.${inner.field}`,
      }));
    return [{ field, ...(was === undefined ? {} : { before: was }), ...(is === undefined ? {} : { after: is }) }];
  });

/** What the events of a stream before an event say about its configuration, from its newest whole one on. */
export type Earlier = readonly Readonly<{ type: string; data: Plain }>[];

/** A configuration and the small events that changed a part of it since. */
export const configurationAfter = (events: Earlier): Plain | undefined =>
  events.reduce<Plain | undefined>((so, { type, data }) => {
    const whole = data['configuration'];
    if (isPlain(whole)) return whole;
    if (so === undefined) return so;
    if (type === 'ShareChanged') return { ...so, shares: data['shares'] };
    if (type === 'JobsetEnabled') return { ...so, mode: data['mode'] };
    return type === 'JobsetDisabled' ? { ...so, mode: 'disabled' } : so;
  }, undefined);

/** Events whose payload says what was before, beside what is: by the field that changed. */
const TOLD: Readonly<Record<string, string>> = {
  ShareChanged: 'shares',
  RolesChanged: 'roles',
  ProjectMembersChanged: 'members',
};

/** What an event changed; nothing where it only says that something happened. */
export const changesOf = (type: string, data: Plain, earlier: Earlier): Change[] => {
  const field = TOLD[type];
  if (field !== undefined) return changesBetween({ [field]: data['before'] }, { [field]: data[field] });
  const before = configurationAfter(earlier);
  const after =
    before &&
    configurationAfter([
      { type: 'before', data: { configuration: before } },
      { type, data },
    ]);
  return before && after ? changesBetween(before, after) : [];
};
