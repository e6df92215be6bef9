/** What a stream is about; what it says nothing of is null. */
export type Subject = Readonly<{
  project: string | null;
  jobset: string | null;
  evaluationId: number | null;
  buildId: number | null;
  machine: string | null;
  userId: string | null;
}>;

const NOTHING: Subject = {
  project: null,
  jobset: null,
  evaluationId: null,
  buildId: null,
  machine: null,
  userId: null,
};
const MAX_INT = 2_147_483_647;

const idOf = (text: string): number | null => {
  const id = /^\d{1,10}$/.test(text) ? Number(text) : 0;
  return id > 0 && id <= MAX_INT ? id : null;
};

/** Reads a stream's name, as DESIGN's table of streams writes them: `jobset-P:J`, `build-17`. */
export const subjectOf = (stream: string): Subject => {
  const dash = stream.indexOf('-');
  const [kind, name] = [stream.slice(0, dash), stream.slice(dash + 1)];
  if (kind === 'project') return { ...NOTHING, project: name };
  if (kind === 'jobset') {
    const colon = name.indexOf(':');
    return { ...NOTHING, project: name.slice(0, colon), jobset: name.slice(colon + 1) };
  }
  if (kind === 'evaluation') return { ...NOTHING, evaluationId: idOf(name) };
  if (kind === 'build' || kind === 'backup') return { ...NOTHING, buildId: idOf(name) };
  if (kind === 'machine') return { ...NOTHING, machine: name };
  return kind === 'user' ? { ...NOTHING, userId: name } : NOTHING;
};
