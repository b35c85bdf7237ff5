# Types each line of standard input, and TAB, into a zsh on a terminal of its own. Prints "> LINE", then what it offers.
# $1: where to make a pipe; $2: what to source there.
zmodload zsh/zpty
export OFFERS=$1
mkfifo $OFFERS
zpty z zsh -f -i
zpty -w z "source ${(q)2}"
exec 3<$OFFERS
while IFS= read -r offer <&3 && [[ $offer != end ]]; do :; done
while IFS= read -r typed; do
  print -r -- "> $typed"
  zpty -n -w z "$typed"$'\t'
  while IFS= read -r offer <&3 && [[ $offer != end ]]; do print -r -- "$offer"; done
  zpty -n -w z $'\x15'
done
zpty -d z
