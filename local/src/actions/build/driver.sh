# Runs the commands it is sent, all in this one shell, and tells how each ended.
# Arguments: its own directory, the marker that starts every message, the variables whose values are asked for.
# Written for bash 3.2 and for POSIX shells alike.
#
# It holds no descriptor that a command could close or reuse: messages go by name to the stream that is its output too.
# What it does itself is not traced (`set -x`), and no trace of a message is one: it lacks the colons.
# `set -n` cannot be helped: a shell executes nothing after it, and ends with the build's time.
exec 2>&1
__flowgate_run=$1 __flowgate_mark=$2
shift 2
__flowgate_names=$*
set --

# What the next shell, should this one end early, goes on with, and the values that were asked for.
__flowgate_save() (
  set +x
  umask 077
  export -p >|"$__flowgate_run/exports"
  pwd >|"$__flowgate_run/directory"
  IFS=' '
  set +f
  for name in $__flowgate_names; do
    eval "if [ -n \"\${$name+x}\" ]; then printf '%s\\0%s\\0' $name \"\$$name\"; fi"
  done >|"$__flowgate_run/values"
)

# Opened for reading too, so that it does not wait for a reader that is gone.
__flowgate_tell() {
  __flowgate_save
  printf '%s:%s:%s:\n' "$__flowgate_mark" "$1" "$2" 1<>"$__flowgate_run/output"
}

# Tells how the last command ended, which may have been by `continue`, and waits for the next.
__flowgate_next() {
  __flowgate_tell "$__flowgate_news" "$1"
  __flowgate_news=command
  IFS=' ' read -r CODEBUILD_BUILD_SUCCEEDING __flowgate_command <"$__flowgate_run/commands"
}

if [ -f "$__flowgate_run/exports" ]; then
  . "$__flowgate_run/exports" 2>/dev/null
  cd "$(cat "$__flowgate_run/directory")" || exit
fi
trap '{ __flowgate_tell exit $? || :; } 2>/dev/null' EXIT
__flowgate_news=ready
while { __flowgate_next $?; } 2>/dev/null; do
  . "$__flowgate_command" </dev/null
done
