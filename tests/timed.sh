#!/usr/bin/env bash
# Runs one test program for run.sh. Its output, with the seconds of each test, is appended to $CONVSWEEP_TEST_LOG; lines of
# tests that passed are not shown.
set -uo pipefail
name=$(basename "$1")
echo "program ${name%-*}" >>"$CONVSWEEP_TEST_LOG"
# libtest reports times only with unstable options, which RUSTC_BOOTSTRAP allows on a stable compiler.
RUSTC_BOOTSTRAP=1 "$@" -Z unstable-options --report-time 2>&1 |
  tee -a "$CONVSWEEP_TEST_LOG" |
  grep --line-buffered -vE '^test .*ok( <[0-9.]+s>)?$|^running [0-9]+ tests?$|^$'
exit "${PIPESTATUS[0]}"
