#!/bin/bash
# keratin fit is interrupted: it saves what was trained and ends well. A file that cannot grow: one clear error, and the old file is untouched.
#   fit_robust.sh TOOL CASES DIRECTORY
# By the reference engine, so that the limit on the size of files meets nothing but the results.
set -u
tool=$1 cases=$2 directory=$3
rm -rf "$directory"
mkdir -p "$directory"
cd "$directory" || exit 1
fail() { echo "FAILED: $*" >&2; exit 1; }
data=(--data "$cases/optimizer_adam.npz" --batch-size 8 --engine reference)
"$tool" fit "$cases/optimizer_adam.keras" "${data[@]}" -q --save start.keras || exit 1
fit=("$tool" fit start.keras "${data[@]}" --verbose 0)

# Interrupted after an epoch, of more than it can have trained by then.
"${fit[@]}" --epochs 100000000 --csv-log log.csv --save stopped.keras --history stopped.json 2> messages &
process=$!
for ((i = 0; i < 600; ++i)); do
  [[ -s log.csv && $(wc -l < log.csv) -ge 2 ]] && break
  sleep 0.1
done
kill -INT $process || fail "the training ended by itself"
wait $process
status=$?
[[ $status -eq 0 ]] || fail "an interrupted training: status $status: $(cat messages)"
[[ $(cat messages) == "note: interrupted; what was trained so far is saved" ]] || fail "an interrupted training says: $(cat messages)"
grep -q '"loss"' stopped.json || fail "no history: $(cat stopped.json)"
"$tool" weights stopped.keras --outputs stopped.npz || fail "the file of an interrupted training cannot be read"
"$tool" weights start.keras --outputs first.npz || exit 1
cmp -s stopped.npz first.npz && fail "an interrupted training saved the weights that it began with"
"$tool" fit stopped.keras "${data[@]}" --verbose 0 || fail "an interrupted training cannot be continued"

# No room: as on a full disk, the write fails in the middle.
for name in small.keras small.h5 small.weights.h5 small.npz; do
  "${fit[@]}" --save "$name" || fail "$name"
  size=$(stat -c %s "$name")
  [[ $size -gt 2048 ]] || fail "$name: $size bytes are too few to test with"
  cp "$name" before
  ls -A > names
  (
    ulimit -f 1  # in units of 1024 bytes
    "${fit[@]}" --epochs 2 --save "$name" 2> messages
  )
  status=$?
  [[ $status -eq 2 ]] || fail "$name without room: status $status: $(cat messages)"
  [[ $(cat messages) == "error: $name: cannot be written: "*"File too large" && $(wc -l < messages) -eq 1 ]] || fail "$name without room: $(cat messages)"
  cmp "$name" before || fail "$name: a write that failed changed the file"
  ls -A | diff names - || fail "$name: a write that failed left a file behind"
done
