/** A form that has something tried again, with the reason that goes into the log. */
export const ReleaseForm = ({
  action,
  label,
  about,
  fields,
}: {
  action: string;
  label: string;
  /** what is released, for whoever does not see where the form stands */
  about: string;
  fields: Readonly<Record<string, string>>;
}): JSX.Element => (
  <form method="post" action={action} class="actions">
    {Object.entries(fields).map(([name, value]) => (
      <input type="hidden" name={name} value={value} />
    ))}
    <input type="text" name="reason" maxlength="1000" placeholder="Reason" aria-label={`Reason to release ${about}`} />
    <button type="submit" class="secondary small" aria-label={`${label} ${about}`} safe>
      {label}
    </button>
  </form>
);
