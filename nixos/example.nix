# A farm with a backup, as part of a NixOS configuration.
{ ... }:

{
  imports = [ ./module.nix ];

  services.iolaus = {
    enable = true;
    npmRegistry = "https://npm.example.org";
    adminPasswordFile = "/run/keys/iolaus-admin-password";
    s3CredentialsFile = "/run/keys/iolaus-s3";
    s3backup = [
      {
        name = "nix-backup";
        jobs = "nixpkgs:trunk:.*";
        compression_type = "zstd";
        prefix = "cache/";
        endpoint = "https://s3.example.org";
        force_path_style = true;
        secret_key_files = [ "/run/keys/cache.example.org-1.secret" ];
      }
    ];
    collectS3Garbage.enable = true;
    settings = {
      web.base_url = "https://ci.example.org";
      nix.substituters = [ "https://cache.nixos.org" ];
      nix.trusted_public_keys = [ "cache.nixos.org-1:6NCHdD59X431o0gWypbMrAURkbJ16ZPMQFGspcDShjY=" ];
    };
  };
}
