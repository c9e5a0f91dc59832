# Sourced: a command with a limit, whose servers, mounts and programs end with it.
#
# Its temporary files go to a folder of its own. A process that has this folder as TMPDIR was started by the command, however it has
# detached itself since; what is mounted below it, too. Nothing here looks into a mount: one whose server is away does not answer.

LIMIT_GRACE_SECONDS=15
LIMIT_FOLDER=''

# limited SECONDS LOG COMMAND...: runs the command, with its output in LOG; answers its exit code, or 124 when it did not end within
# SECONDS (0 is no limit).
limited() {
  local seconds=$1 log=$2 code='' answer
  shift 2
  LIMIT_FOLDER=$(realpath -- "$(mktemp -d "${TMPDIR:-/tmp}/flexfs-XXXXXX")")
  chmod 711 "$LIMIT_FOLDER" # programs of other users find their own files below it
  trap limit_end EXIT
  exec {answer}< <(
    result=0
    TMPDIR=$LIMIT_FOLDER "$@" >"$log" 2>&1 </dev/null || result=$?
    echo "$result"
  )
  if [ "$seconds" = 0 ]; then
    read -r code <&"$answer" || true
  else
    read -r -t "$seconds" code <&"$answer" || true
  fi
  exec {answer}<&-
  limit_end
  trap - EXIT
  return "${code:-124}"
}

# limit_processes: those that the command left.
limit_processes() {
  # Line by line, and with a limit, because the environment of a process that hangs may not be readable.
  timeout -s KILL 5 grep --line-buffered -lszxF "TMPDIR=$LIMIT_FOLDER" /proc/[0-9]*/environ 2>/dev/null | cut -d/ -f3 || true
}

# limit_mounts: what is mounted below the folder, the newest first; as mountinfo(5) writes it.
limit_mounts() { FOLDER=$LIMIT_FOLDER/ awk 'index($5, ENVIRON["FOLDER"]) == 1 {print $5}' /proc/self/mountinfo | tac; }

# limit_signal SIGNAL SECONDS: to all of them, until they are gone; false when some are not.
limit_signal() {
  local until=$((SECONDS + $2)) processes
  while processes=$(limit_processes); [ -n "$processes" ]; do
    kill -s "$1" $processes 2>/dev/null || true
    [ "$SECONDS" -lt "$until" ] || return 1
    sleep 0.2
  done
}

# limit_end: SIGTERM, then SIGKILL to what is left, then the mounts and the folder go.
limit_end() {
  local path
  [ -n "$LIMIT_FOLDER" ] || return 0
  limit_signal TERM "$LIMIT_GRACE_SECONDS" || true
  # By force, which is what ends the requests that wait for an answer: without an end of them not even SIGKILL ends a process.
  limit_mounts | while read -r path; do timeout -s KILL 10 umount -flc -- "$(printf '%b' "$path")" 2>/dev/null || true; done
  limit_signal KILL 10 || printf 'these processes cannot be ended: %s\n' "$(limit_processes | tr '\n' ' ')" >&2
  if [ "${FLEXFS_KEEP:-}" != 1 ] && [ -z "$(limit_mounts)" ]; then
    timeout -s KILL 60 rm -rf --one-file-system -- "$LIMIT_FOLDER" || true
  fi
  LIMIT_FOLDER=''
}
