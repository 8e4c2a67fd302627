# Runs the commands it is sent, all in this one shell, and tells how each ended.
# Arguments: its own directory, the marker that starts every message, the variables whose values are asked for.
# Written for bash 3.2 and for POSIX shells alike.
exec 9>&1 2>&1
__flowgate_run=$1 __flowgate_mark=$2
shift 2
__flowgate_names=$*
set --

# What the next shell, should this one end early, goes on with, and the values that were asked for.
__flowgate_save() {
  export -p >|"$__flowgate_run/exports"
  pwd >|"$__flowgate_run/directory"
  local IFS=' ' name
  for name in $__flowgate_names; do
    eval "if [ -n \"\${$name+x}\" ]; then printf '%s\\0%s\\0' $name \"\$$name\"; fi"
  done >|"$__flowgate_run/values"
}

__flowgate_tell() {
  __flowgate_save
  printf '%s %s %s\n' "$__flowgate_mark" "$1" "$2" >&9
}

if [ -f "$__flowgate_run/exports" ]; then
  . "$__flowgate_run/exports" 2>/dev/null
  cd "$(cat "$__flowgate_run/directory")" || exit
fi
mkfifo "$__flowgate_run/commands" || exit
exec 8<>"$__flowgate_run/commands"
trap '__flowgate_tell exit $?' EXIT
__flowgate_tell ready 0
while IFS=' ' read -r CODEBUILD_BUILD_SUCCEEDING __flowgate_command <&8; do
  . "$__flowgate_command" </dev/null
  __flowgate_tell command $?
done
