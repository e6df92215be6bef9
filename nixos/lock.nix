# The lock file with an address for every package: `importNpmLock` wants one, and package-lock.json has hashes only.
{
  lib,
  lock,
  registry,
}:

let
  # "node_modules/a/node_modules/@s/b" is the package "@s/b", unless the entry says another name.
  nameOf = path: entry: entry.name or (lib.last (lib.splitString "node_modules/" path));
  addressOf =
    name: version: "${registry}/${name}/-/${lib.last (lib.splitString "/" name)}-${version}.tgz";
in
lock
// {
  packages = lib.mapAttrs (
    path: entry:
    if path == "" || entry ? resolved || !(entry ? integrity) then
      entry
    else
      entry // { resolved = addressOf (nameOf path entry) entry.version; }
  ) lock.packages;
}
