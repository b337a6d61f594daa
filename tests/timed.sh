#!/usr/bin/env bash
# Runs one test program for run.sh: keeps all that it prints, with the seconds of each test, in
# $CONVSWEEP_TEST_LOG, and shows what is not the good news of a single test.
set -uo pipefail
name=$(basename "$1")
echo "program ${name%-*}" >>"$CONVSWEEP_TEST_LOG"
# The stable libtest measures tests only where unstable options are allowed.
RUSTC_BOOTSTRAP=1 "$@" -Z unstable-options --report-time 2>&1 |
  tee -a "$CONVSWEEP_TEST_LOG" |
  grep --line-buffered -vE '^test .*ok( <[0-9.]+s>)?$|^running [0-9]+ tests?$|^$'
exit "${PIPESTATUS[0]}"
