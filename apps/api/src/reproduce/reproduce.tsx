import type { BuildView, EvaluationView } from '#read-model';
import type { PageContext } from '../http/page-context.js';
import { buildPath } from '../ui/links.js';
import { isReproducible } from './reproducible.js';

/** How to build the same on one's own machine. */
export const Reproduce = ({
  page: { baseUrl },
  build: { id },
  evaluation,
}: {
  page: PageContext;
  build: BuildView;
  evaluation: EvaluationView | undefined;
}): JSX.Element => {
  if (!isReproducible(evaluation)) return '';
  const script = `${buildPath(id)}/reproduce`;
  return (
    <section id="reproduce">
      <h2>Reproduce locally</h2>
      <p>
        With Nix on your machine, and git or Mercurial where its inputs need them, this fetches the inputs at their
        revisions, evaluates the job, compares its derivation with the farm’s and builds it:
      </p>
      <pre class="command" tabindex="0" safe>{`bash <(curl -sSf ${baseUrl}${script})`}</pre>
      <p>
        <a href={script}>The script</a> has options: <code>--fetch</code>, <code>--run-env</code>,{' '}
        <code>--print-flags</code>, <code>--help</code>.
      </p>
    </section>
  );
};
