#!/bin/sh
# A tick-tock worker: answers every tick with its PID and uptime, and leaves when it is told to halt.
start=$(date +%s)
{ tmqtt sub -t tick -t "control/$$" -t control/all -F '%t %p' & echo "pid $!"; wait; } |
  while read -r topic payload; do
    case $topic in
      pid) sub=$payload ;;
      tick) echo "$$ $(($(date +%s) - start))" ;;
      *) [ "$payload" = halt ] && kill "$sub" ;;
    esac
  done |
  tmqtt pub -l -t "tock/$$"
