import type { EvaluationView } from '#read-model';
import { evaluationPath } from '../ui/links.js';

const Reason = ({ label }: { label: string }): JSX.Element => (
  <input type="text" name="reason" required maxlength="1000" placeholder="Reason" aria-label={label} />
);

/** Makes a finished evaluation a release, which keeps its outputs, or takes that back; both want a reason. */
export const ReleaseForm = ({ evaluation }: { evaluation: EvaluationView }): JSX.Element => {
  const { id, status, queued, releaseName } = evaluation;
  if (releaseName !== null)
    return (
      <form method="post" action={`${evaluationPath(id)}/revoke`}>
        <Reason label="Reason to revoke the release" />
        <button type="submit" class="secondary">
          Revoke the release
        </button>
      </form>
    );
  if (status !== 'ran' || queued > 0) return '';
  return (
    <form method="post" action={`${evaluationPath(id)}/release`}>
      <input
        type="text"
        name="name"
        required
        maxlength="255"
        placeholder="Release name"
        aria-label="Name of the release"
      />
      <Reason label="Reason to release" />
      <button type="submit" class="secondary">
        Release
      </button>
    </form>
  );
};
