# What the module makes of the example, or of other settings: `nix-instantiate --eval --strict --json`.
{
  # JSON of options of services.iolaus; null: the example.
  settings ? null,
}:

let
  lib = import ./lib.nix;
  pkgs = {
    callPackage = _: _: "/package";
    # The text itself instead of a file in the store: the test reads it.
    formats.toml = _: {
      type = lib.types.anything;
      generate = _name: builtins.toJSON;
    };
    writeShellScript = _name: text: text;
    writeShellScriptBin = name: text: { inherit name text; };
  };
  module = if settings == null then ../example.nix else { services.iolaus = builtins.fromJSON settings; };
  config = lib.evalModules {
    declared = ../module.nix;
    modules = [ module ];
    inherit pkgs;
  };
  failed = builtins.filter ({ assertion, ... }: !assertion) (config.assertions or [ ]);
in
if failed != [ ] then
  { refused = map ({ message, ... }: message) failed; }
else
  {
    services = config.systemd.services or { };
    timers = config.systemd.timers or { };
    tmpfiles = config.systemd.tmpfiles.rules or [ ];
    users = config.users or { };
    postgresql = config.services.postgresql or { };
    packages = config.environment.systemPackages or [ ];
    firewall = config.networking.firewall.allowedTCPPorts or [ ];
  }
