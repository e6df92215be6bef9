/**
 * The Nix side of an evaluation: finds out what stands at attribute paths. Semantics: hydra-reference 4.3 and 4.4.
 * - `call` is Nix's own auto-call. Nix tells a program `functionArgs`, but not whether there is an ellipsis (then *all* arguments are
 *   passed) nor whether there is a pattern at all; `toXML` does.
 * - `node` remembers, so that functions on the way are called once and sets expand when asked for.
 * - `jsons` marks a path whose evaluation throws instead of failing the whole chunk; `json` then gives its message.
 */
const WALKER = `
{ root, args }:
let
  inherit (builtins) isAttrs isBool isFunction isInt isList isString;
  call = value:
    if isFunction value then
      let
        xml = builtins.substring 0 160 (builtins.toXML value);
        has = pattern: builtins.match ".*<attrspat\${pattern}.*" xml != null;
      in
        if !(has "") then value
        else value (if has " ellipsis=" then args else builtins.intersectAttrs (builtins.functionArgs value) args)
    else if isAttrs value && value ? __functor then call (value.__functor value)
    else value;
  node = raw: let value = call raw; in { inherit value; children = builtins.mapAttrs (_: node) value; };
  top = node root;
  find = path: builtins.foldl' (at: name: at.children.\${name}) top path;
  isJob = value: isAttrs value && value ? type && value.type == "derivation";
  words = key: value:
    if isString value then [ value ]
    else if isList value then builtins.concatLists (map (words key) value)
    else if isAttrs value && value ? \${key} then words key value.\${key}
    else [ ];
  flatten = value: if isList value then builtins.concatLists (map flatten value) else [ value ];
  job = drv:
    let
      meta = let given = drv.meta or { }; in if isAttrs given then given else { };
      text = key: let value = meta.\${key} or ""; in if isString value then value else "";
      number = key: default:
        let value = meta.\${key} or 0; in
        if isInt value && value != 0 then value
        else if isString value && builtins.match "[1-9][0-9]{0,9}" value != null then builtins.fromJSON value
        else default;
      flag = key: let value = meta.\${key} or false; in isBool value && value;
      outputs =
        if isList (drv.outputs or null) then
          builtins.listToAttrs (map (name: { inherit name; value = drv.\${name}.outPath; }) drv.outputs)
        else { out = drv.outPath; };
      constituents =
        if !(drv ? constituents) then throw "derivation must have a 'constituents' attribute" else drv.constituents;
      context = builtins.getContext (toString constituents);
      aggregate = drv._hydraAggregate or false == true;
    in {
      nixName = drv.name;
      system = let system = drv.system or "unknown"; in
        if !isString system || system == "unknown" then throw "derivation must have a 'system' attribute" else system;
      drvPath = drv.drvPath;
      inherit outputs;
      description = text "description";
      homepage = text "homepage";
      license = builtins.concatStringsSep ", " (words "shortName" (meta.license or [ ]));
      maintainers = words "email" (meta.maintainers or [ ]);
      schedulingPriority = number "schedulingPriority" 100;
      timeout = number "timeout" 36000;
      maxSilent = number "maxSilent" 3600;
      isChannel = flag "isHydraChannel" || flag "isChannel";
      aggregate = if !aggregate then null else {
        named = builtins.filter (value: isString value && !(builtins.hasContext value)) (flatten constituents);
        drvPaths = builtins.filter (path: context.\${path} ? outputs) (builtins.attrNames context);
        globs = drv._hydraGlobConstituents or false == true;
      };
    };
  describe = path:
    let value = (find path).value; in
    if isJob value then { job = job value; }
    else if isAttrs value then { set = builtins.attrNames value; }
    else if value == null then { none = true; }
    else { bad = builtins.typeOf value; };
  guarded = path:
    let result = describe path; tried = builtins.tryEval (builtins.deepSeq result result); in
    if tried.success then tried.value else { threw = true; };
in {
  jsons = paths: builtins.toJSON (map guarded paths);
  json = path: builtins.toJSON [ (describe path) ];
}
`;

/** The walker of one evaluation as a Nix expression. `root` and `args` are Nix expressions. */
export const walkerExpression = (root: string, args: string): string =>
  `(${WALKER}) { root = (${root}); args = (${args}); }\n`;

/** A Nix string literal. */
export const nixString = (text: string): string => quote(text);

const quote = (text: string): string => `"${text.replace(/["\\$]/g, '\\$&')}"`;
const escapeUnit = (unit: string): string =>
  [...Array(unit.length).keys()].map((i) => `\\u${unit.charCodeAt(i).toString(16).padStart(4, '0')}`).join('');

/** Attribute paths as a Nix expression. ASCII only: `nix repl` reads its input as a terminal would. */
export const nixPaths = (paths: readonly (readonly string[])[]): string =>
  `(builtins.fromJSON ${quote(JSON.stringify(paths).replace(/[^\x20-\x7e]/g, escapeUnit))})`;

/** What a Nix string literal, as Nix prints it, stands for. */
export const unquoteNix = (body: string): string =>
  body.replace(/\\([\s\S])/g, (_, char: string) => ({ n: '\n', r: '\r', t: '\t' })[char] ?? char);
