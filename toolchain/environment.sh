# The environment in which `pulumi` works on this checkout, whose absolute path is in $root: with its own home, state
# and key, and nothing of the user's. ./pulumi sources this file, tools/env.ts prints what it sets.

export PULUMI_HOME="$root/.tributary/pulumi-home"
export PATH="$PULUMI_HOME/bin:$PATH"
export PULUMI_BACKEND_URL="file://$root/.tributary/state"
export PULUMI_CONFIG_PASSPHRASE_FILE="$root/.tributary/passphrase"
# It would win over the file.
unset PULUMI_CONFIG_PASSPHRASE
# The salt of the encryption is in the state: see ./pulumi.
export PULUMI_FALLBACK_TO_STATE_SECRETS_MANAGER=true
# Plugins come from `make toolchain` alone; nothing is looked for elsewhere.
export PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION=true
export PULUMI_SKIP_UPDATE_CHECK=true
# `make check` checks the types; doing it again takes 7 s of every command.
export PULUMI_NODEJS_TRANSPILE_ONLY=true

# For the owner's eyes only. The link makes one of two first commands at the same time win whole.
(
  umask 077
  mkdir -p "$root/.tributary/state"
  chmod 700 "$root/.tributary"
  if ! [ -s "$PULUMI_CONFIG_PASSPHRASE_FILE" ]; then
    new=$PULUMI_CONFIG_PASSPHRASE_FILE.$$
    head -c 32 /dev/urandom | od -An -v -tx1 | tr -d ' \n' >"$new"
    ln "$new" "$PULUMI_CONFIG_PASSPHRASE_FILE" 2>/dev/null || true
    rm -f "$new"
  fi
)
