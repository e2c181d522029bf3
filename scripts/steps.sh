# Runs named steps in order: each is timed, and the first that fails is named and ends the run. To be sourced.

# step NAME COMMAND [ARGUMENT…]
step() {
  local name=$1 began=$SECONDS code=0
  shift
  printf '\n=== %s\n' "$name"
  "$@" || code=$?
  if [ "$code" -ne 0 ]; then
    printf '\n=== FAILED: %s (exit code %s, after %s s)\n' "$name" "$code" "$((SECONDS - began))" >&2
    exit "$code"
  fi
  printf '=== done: %s (%s s)\n' "$name" "$((SECONDS - began))"
}
