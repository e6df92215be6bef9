const KEYS: readonly (readonly [keys: readonly string[], does: string])[] = [
  [['/'], 'search'],
  [['g', 'o'], 'overview'],
  [['g', 'q'], 'queue'],
  [['g', 'm'], 'machines'],
  [['j'], 'next row'],
  [['k'], 'row before'],
  [['Enter'], 'open it'],
  [['Esc'], 'let it go'],
  [['?'], 'this help'],
];

/** What keys do, and the one setting that turns them off. Opened by the script that hears them; without it nothing is seen. */
export const KeysHelp = (): JSX.Element => (
  <dialog id="keys" aria-labelledby="keys-title">
    <article>
      <h2 id="keys-title">Keys</h2>
      <dl>
        {KEYS.map(([keys, does]) => (
          <div>
            <dt>
              {keys.map((key) => (
                <>
                  <kbd safe>{key}</kbd>{' '}
                </>
              ))}
            </dt>
            <dd safe>{does}</dd>
          </div>
        ))}
      </dl>
      <label>
        <input type="checkbox" id="keys-on" checked /> Keys are on
      </label>
      <form method="dialog">
        <button type="submit" class="small">
          Close
        </button>
      </form>
    </article>
  </dialog>
);
