/** A build that a channel offers: outputs that are there already. */
export type ChannelPackage = Readonly<{
  /** where it is found, as Nix writes it: `hello.x86_64-linux` is `x86_64-linux` of the set `hello` */
  attribute: string;
  /** of its derivation: `hello-2.12` */
  name: string;
  system: string;
  /** output name to store path, not empty */
  outputs: Readonly<Record<string, string>>;
  /** what `meta` says; values that are empty are left out */
  meta: Readonly<Record<string, string>>;
}>;

/** A text of the Nix language: nothing in it is an expression. */
const quoted = (value: string): string =>
  `"${value
    .replace(/["\\]|\$\{/g, '\\$&')
    .replaceAll('\n', '\\n')
    .replaceAll('\r', '\\r')
    .replaceAll('\t', '\\t')}"`;

type Tree = Map<string, Tree | ChannelPackage>;

const isTree = (one: Tree | ChannelPackage | undefined): one is Tree => one instanceof Map;

/** In the order of attributes. One that would stand below another package stands beside the sets, by its whole name. */
const place = (root: Tree, one: ChannelPackage): void => {
  const parts = one.attribute.split('.');
  const last = parts.pop()!;
  let at: Tree = root;
  for (const part of parts) {
    const next: Tree | ChannelPackage = at.get(part) ?? new Map<string, Tree | ChannelPackage>();
    if (!isTree(next)) return void root.set(one.attribute, one);
    at.set(part, next);
    at = next;
  }
  at.set(last, one);
};

/** As Nix orders outputs: what is installed where nobody says which comes first. */
const outputsOf = ({ outputs }: ChannelPackage): [string, string][] => {
  const all = Object.entries(outputs).sort(([a], [b]) => (a < b ? -1 : 1));
  return [...all.filter(([name]) => name === 'out'), ...all.filter(([name]) => name !== 'out')];
};

const packageText = (one: ChannelPackage): string => {
  const outputs = outputsOf(one).map(([name, path]) => `{ name = ${quoted(name)}; value = ${quoted(path)}; }`);
  const meta = Object.entries(one.meta).filter(([, value]) => value !== '');
  return `package {
name = ${quoted(one.name)};
outputs = [ ${outputs.join(' ')} ];
meta = { ${meta.map(([key, value]) => `${quoted(key)} = ${quoted(value)}; `).join('')}};
}`;
};

const treeText = (tree: Tree): string =>
  `set {\n${[...tree]
    .map(([name, one]) => `${quoted(name)} = ${isTree(one) ? treeText(one) : packageText(one)};\n`)
    .join('')}}`;

/**
 * The expression of a channel: a function of a system to packages that have outputs and no derivation, so that Nix takes them from a
 * binary cache and never builds. Attributes are unique; the same packages give the same text, in whatever order they come.
 */
export const formatChannel = (packages: readonly ChannelPackage[]): string => {
  const systems = new Map<string, Tree>();
  const sorted = [...packages].sort((a, b) => (a.attribute === b.attribute ? 0 : a.attribute < b.attribute ? -1 : 1));
  for (const one of sorted) {
    const root = systems.get(one.system) ?? (new Map() as Tree);
    systems.set(one.system, root);
    place(root, one);
  }
  const names = [...systems.keys()].sort();
  return `# Packages that are there already: nothing of this is ever built.
{ system ? builtins.currentSystem }:
let
  set = members: members // { recurseForDerivations = true; };
  package = { name, outputs, meta }:
    let
      output = { name, value }: common // { outputName = name; outPath = builtins.storePath value; };
      common = builtins.listToAttrs (map (one: { inherit (one) name; value = output one; }) outputs) // {
        inherit name system meta;
        type = "derivation";
        outputs = map (one: one.name) outputs;
      };
    in output (builtins.head outputs);
in
{
${names.map((system) => `${quoted(system)} = ${treeText(systems.get(system)!)};\n`).join('')}}.\${system} or { }
`;
};
