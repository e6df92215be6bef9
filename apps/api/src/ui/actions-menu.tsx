/** Something to do with what a page shows. */
export type MenuItem =
  | Readonly<{ kind: 'link'; label: string; href: string }>
  | Readonly<{
      kind: 'order';
      label: string;
      /** where it is posted to */
      action: string;
      /** what is sent along, hidden */
      fields?: Readonly<Record<string, string>>;
      /** what the viewer fills in: name and label */
      asks?: readonly Readonly<{ name: string; label: string }>[];
      /** of what cannot be undone: what it will change. It wants a reason, then. */
      warning?: string;
    }>;

type Order = Extract<MenuItem, { kind: 'order' }>;

const Order = ({ item, wantsReason }: { item: Order; wantsReason: boolean }): JSX.Element => {
  const { label, action, fields = {}, asks = [], warning } = item;
  // What cannot be undone wants one on every farm.
  const needsReason = wantsReason || warning !== undefined;
  return (
    <details>
      <summary safe>{`${label}…`}</summary>
      <form method="post" action={action}>
        {warning !== undefined && (
          <p class="status warn">
            <span safe>{warning}</span>
          </p>
        )}
        {Object.entries(fields).map(([name, value]) => (
          <input type="hidden" name={name} value={value} />
        ))}
        {asks.map(({ name, label: words }) => (
          <label>
            <span safe>{words}</span>
            <input type="text" name={name} required maxlength="255" />
          </label>
        ))}
        <label>
          <span>{needsReason ? 'Reason' : 'Reason (optional)'}</span>
          <input type="text" name="reason" maxlength="1000" required={needsReason} />
        </label>
        <button type="submit" class={warning === undefined ? '' : 'danger'} safe>
          {label}
        </button>
      </form>
    </details>
  );
};

/** What can be done; `wantsReason`: the farm refuses orders without a reason. */
export type Menu = Readonly<{ items: readonly MenuItem[]; wantsReason: boolean }>;

/** All that the viewer may do here, in one place; nothing that would be refused. Works without scripts. */
export const ActionsMenu = ({ items, wantsReason }: Menu): JSX.Element =>
  items.length === 0 ? (
    ''
  ) : (
    <details class="menu">
      <summary role="button" class="outline small">
        Actions
      </summary>
      <ul>
        {items.map((item) => (
          <li>
            {item.kind === 'link' ? (
              <a href={item.href} safe>
                {item.label}
              </a>
            ) : (
              <Order item={item} wantsReason={wantsReason} />
            )}
          </li>
        ))}
      </ul>
    </details>
  );

/** What the page is about, and at the end of its row what can be done with it: for a page without parts. */
export const TitleRow = ({ title, ...menu }: Menu & { title: string }): JSX.Element => (
  <div class="titlerow">
    <h1 safe>{title}</h1>
    <ActionsMenu {...menu} />
  </div>
);

export type Tab = Readonly<{ href: string; text: string; /** marked as trouble */ bad?: boolean }>;

/** The parts of what a page is about, and at the end of the row what can be done with it: both renewed with what a live page shows. */
export const TabRow = ({
  label,
  tabs,
  current,
  items = [],
  wantsReason = false,
}: Partial<Menu> & {
  label: string;
  tabs: readonly Tab[];
  /** address of the one that is shown */
  current: string;
}): JSX.Element => (
  <div class="tabrow" id="tabs" data-live="">
    <nav class="tabs" aria-label={label}>
      {tabs.map(({ href, text, bad = false }) => (
        <a href={href} aria-current={href === current ? 'page' : undefined} class={bad ? 'status bad' : ''} safe>
          {text}
        </a>
      ))}
    </nav>
    <ActionsMenu items={items} wantsReason={wantsReason} />
  </div>
);
