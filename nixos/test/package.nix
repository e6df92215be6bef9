# What the package expression hands to nixpkgs' builders.
let
  lib = import ./lib.nix;
  names = builtins.attrNames (builtins.functionArgs (import ../package.nix));
  # A dependency is known by its name alone.
  dependencies = builtins.listToAttrs (map (name: { inherit name; value = name; }) names);
in
import ../package.nix (
  dependencies
  // {
    registry = "https://npm.example.org";
    inherit lib;
    buildNpmPackage = arguments: builtins.removeAttrs arguments [ "src" ];
    importNpmLock = {
      __functor = _: { packageLock, ... }: packageLock.packages;
      npmConfigHook = "hook";
    };
  }
)
