# Iolaus as a Nix package: `pkgs.callPackage ./package.nix { registry = "https://…"; }`.
{
  lib,
  buildNpmPackage,
  importNpmLock,
  makeWrapper,
  nodejs_22,
  nix,
  git,
  mercurial,
  xz,
  bzip2,
  zstd,
  # Where npm packages come from: the lock file names versions and hashes, not a place.
  registry,
}:

let
  root = ../.;
  package = lib.importJSON (root + "/package.json");
  lock = lib.importJSON (root + "/package-lock.json");
  locked = import ./lock.nix { inherit lib registry lock; };
  runtimeInputs = [
    nix
    git
    mercurial
    xz
    bzip2
    zstd
  ];
in
buildNpmPackage {
  pname = package.name;
  inherit (package) version;

  src = lib.cleanSourceWith {
    src = root;
    filter =
      path: _type:
      !(builtins.elem (baseNameOf path) [
        "node_modules"
        "dist"
        "data"
        ".git"
      ]);
  };

  nodejs = nodejs_22;
  npmDeps = importNpmLock {
    inherit package;
    inherit (package) version;
    pname = package.name;
    packageLock = locked;
  };
  npmConfigHook = importNpmLock.npmConfigHook;
  # What the packages' own scripts would fetch (a PostgreSQL, a browser) is not used here.
  npmFlags = [ "--ignore-scripts" ];
  npmBuildScript = "build";
  nativeBuildInputs = [ makeWrapper ];

  installPhase = ''
    runHook preInstall
    npm prune --omit=dev --ignore-scripts
    mkdir -p $out/lib/iolaus/apps/api $out/bin
    cp -r package.json node_modules dist $out/lib/iolaus/
    cp -r apps/api/assets $out/lib/iolaus/apps/api/
    makeProgram() {
      makeWrapper ${lib.getExe nodejs_22} $out/bin/$1 \
        --add-flags "--enable-source-maps $out/lib/iolaus/dist/apps/$2/src/main.js" \
        --prefix PATH : ${lib.makeBinPath runtimeInputs}
    }
    makeProgram iolaus cli
    makeProgram iolaus-api api
    makeProgram iolaus-projector projector
    makeProgram iolaus-worker worker
    runHook postInstall
  '';

  meta = {
    inherit (package) description;
    license = lib.licenses.mit;
    mainProgram = "iolaus";
    platforms = lib.platforms.linux;
  };
}
