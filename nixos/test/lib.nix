# As much of nixpkgs' `lib` as the module and the package use, so that both can be evaluated where nixpkgs is not at hand.
# Options are checked by their types, and one that is defined but not declared is an error, as in nixpkgs.
let
  inherit (builtins)
    all
    attrNames
    concatMap
    elem
    foldl'
    genList
    isAttrs
    isBool
    isInt
    isList
    isString
    length
    ;

  recursiveUpdate =
    a: b:
    a
    // builtins.mapAttrs (
      name: value: if isAttrs value && isAttrs (a.${name} or null) then recursiveUpdate a.${name} value else value
    ) b;

  # A type says whether it takes a value, and what becomes of it.
  type = name: check: {
    inherit name check;
    take = _path: value: value;
  };

  types = {
    str = type "string" isString;
    bool = type "boolean" isBool;
    port = type "port" (value: isInt value && value >= 0 && value <= 65535);
    ints.positive = type "positive integer" (value: isInt value && value > 0);
    package = type "package" (value: isAttrs value || isString value);
    enum = values: type "one of ${toString values}" (value: elem value values);
    anything = type "anything" (_: true);
    nullOr =
      inner:
      type "null or ${inner.name}" (value: value == null || inner.check value)
      // {
        take = path: value: if value == null then null else inner.take path value;
      };
    listOf =
      inner:
      type "list of ${inner.name}" (value: isList value && all inner.check value)
      // {
        take = path: map (inner.take path);
      };
    submodule =
      { options }:
      type "submodule" isAttrs
      // {
        take = path: evaluate path options;
      };
  };

  isOption = value: (value._type or "") == "option";

  evaluateOption =
    path: option: definition:
    let
      name = builtins.concatStringsSep "." path;
      value =
        if definition != null then
          definition.value
        else
          option.default or (throw "${name} is used but not defined");
    in
    if option ? description && isString option.description then
      if option.type.check value then
        option.type.take path value
      else
        throw "${name} is not of type ${option.type.name}"
    else
      throw "${name} has no description";

  evaluate =
    path: options: definitions:
    let
      unknown = builtins.filter (name: !(options ? ${name})) (attrNames definitions);
    in
    if unknown != [ ] then
      throw "${builtins.concatStringsSep "." path}: there is no option ${toString unknown}"
    else
      builtins.mapAttrs (
        name: option:
        if isOption option then
          evaluateOption (path ++ [ name ]) option (
            if definitions ? ${name} then { value = definitions.${name}; } else null
          )
        else
          evaluate (path ++ [ name ]) option (definitions.${name} or { })
      ) options;

  # Conditions, looked into as deep as they are used here.
  resolve =
    value:
    if (value._type or "") == "if" then
      if value.condition then resolve value.content else { }
    else if isAttrs value && (value.type or "") != "derivation" then
      builtins.mapAttrs (_: resolve) value
    else
      value;

  lib = {
    inherit types recursiveUpdate;
    inherit (builtins)
      concatLists
      concatStringsSep
      filter
      mapAttrs
      ;
    mkOption = option: option // { _type = "option"; };
    mkEnableOption =
      what:
      lib.mkOption {
        type = types.bool;
        default = false;
        description = "Whether to enable ${what}.";
      };
    mkIf = condition: content: {
      _type = "if";
      inherit condition content;
    };
    mkBefore = content: content;
    optional = condition: value: if condition then [ value ] else [ ];
    optionals = condition: values: if condition then values else [ ];
    optionalAttrs = condition: values: if condition then values else { };
    imap0 = f: list: genList (index: f index (builtins.elemAt list index)) (length list);
    mapAttrsToList = f: set: map (name: f name set.${name}) (attrNames set);
    filterAttrs =
      f: set:
      builtins.listToAttrs (
        concatMap (name: if f name set.${name} then [ { inherit name; value = set.${name}; } ] else [ ]) (attrNames set)
      );
    last = list: builtins.elemAt list (length list - 1);
    splitString = separator: text: builtins.filter isString (builtins.split separator text);
    escapeShellArg = text: "'${builtins.replaceStrings [ "'" ] [ "'\\''" ] text}'";
    importJSON = file: builtins.fromJSON (builtins.readFile file);
    cleanSourceWith = source: source;
    getExe = package: "${package}/bin/${package}";
    makeBinPath = packages: builtins.concatStringsSep ":" (map (package: "${package}/bin") packages);
    licenses.mit = "MIT";
    platforms.linux = [ "x86_64-linux" ];

    # The configuration of NixOS that modules make: `declared` is the only place with options.
    evalModules =
      { declared, modules, pkgs }:
      let
        arguments = { inherit config lib pkgs; };
        load =
          module:
          let
            value = if isAttrs module then module else (if builtins.isFunction module then module else import module) arguments;
          in
          concatMap load (builtins.filter (each: each != declared) (value.imports or [ ]))
          ++ [ (builtins.removeAttrs value [ "imports" ]) ];
        module = import declared arguments;
        definitions = foldl' recursiveUpdate { } (concatMap load modules);
        config.services.iolaus = evaluate [
          "services"
          "iolaus"
        ] module.options.services.iolaus definitions.services.iolaus;
      in
      # What the module says reads no configuration but its own.
      resolve module.config;
  };
in
lib
