/** Asks for a page as it was at a moment in the past. `path`: of the page; `at`: UTC, as ISO 8601 without a zone, where one is shown. */
export const MomentForm = ({ path, at }: { path: string; at?: string }): JSX.Element => (
  <form method="get" action={path} class="filter">
    <label>
      {at === undefined ? 'Moment' : 'Another moment'} (UTC){' '}
      <input type="datetime-local" name="at" step="1" value={at} required />
    </label>
    <button type="submit">Show</button>
  </form>
);

/** The same, folded, at the end of a page. */
export const Earlier = ({ path }: { path: string }): JSX.Element => (
  <details id="earlier">
    <summary>As it was at a moment in the past</summary>
    <p>Told from the log, field by field.</p>
    <MomentForm path={path} />
  </details>
);
