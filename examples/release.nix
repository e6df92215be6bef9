# A release without nixpkgs: plain derivations that need nothing but /bin/sh.
# Each job shows one thing that can become of a build.
{ greeting ? "hello" }:

let
  system = builtins.currentSystem;

  build = name: { script, meta ? { }, ... }@args:
    derivation (builtins.removeAttrs args [ "script" "meta" ] // {
      # The greeting is a part of every derivation: another one builds everything anew.
      inherit name system greeting;
      builder = "/bin/sh";
      args = [ "-eu" "-c" "PATH=/bin:/usr/bin; ${script}" ];
    }) // { inherit meta; };

  jobs = rec {
    # It succeeds and tells who maintains it.
    hello = build "hello-1.0" {
      script = ''
        echo "building ${greeting}"
        mkdir -p $out/bin
        printf '#!/bin/sh\necho ${greeting}\n' > $out/bin/hello
        chmod +x $out/bin/hello
      '';
      meta = {
        description = "A greeting";
        license = "MIT";
        homepage = "https://example.org/hello";
        maintainers = [ { email = "ada@example.org"; } ];
        schedulingPriority = 200;
      };
    };

    # It fails, and its log says why.
    broken = build "broken-1.0" {
      script = ''
        echo "checking for a compiler... no"
        echo "error: nothing here can work" >&2
        exit 1
      '';
    };

    # It fails because what it needs fails.
    needsBroken = build "needs-broken-1.0" {
      inherit broken;
      script = "echo never reached > $out";
    };

    # It succeeds, but says of its output that it failed: tests that did not pass, say.
    failedWithOutput = build "test-report-1.0" {
      script = ''
        echo "3 tests, 1 failure"
        mkdir -p $out/nix-support
        echo "1 of 3 tests failed" > $out/report.txt
        echo 1 > $out/nix-support/failed
        echo "report text $out/report.txt" > $out/nix-support/hydra-build-products
      '';
    };

    # A chain: each needs the one before.
    chain.first = build "chain-first" { script = "echo first; echo 1 > $out"; };
    chain.second = build "chain-second" {
      inherit (chain) first;
      script = "echo second; read n < $first; echo $first $n > $out";
    };
    chain.third = build "chain-third" {
      inherit (chain) second;
      script = "echo third; read path n < $second; echo $second $n > $out";
    };

    # A build product to download, a release name and two metrics.
    tarball = build "demo-1.0" {
      inherit hello;
      script = ''
        mkdir -p $out/tarballs $out/nix-support
        printf 'not really a tarball, but it has the greeting of %s\n' $hello > $out/tarballs/demo-1.0.tar
        echo "file source-dist $out/tarballs/demo-1.0.tar" > $out/nix-support/hydra-build-products
        echo "demo-1.0" > $out/nix-support/hydra-release-name
        echo "lines 42" > $out/nix-support/hydra-metrics
        echo "coverage 87.5 %" >> $out/nix-support/hydra-metrics
      '';
      meta.description = "The source distribution";
    };

    # Succeeds when all of these do: what a channel would wait for.
    release = build "release" {
      _hydraAggregate = true;
      constituents = [ "hello" "tarball" "chain.third" ];
      script = "echo all constituents are there > $out";
      meta.description = "All that a release needs";
    };
  };
in
jobs
