# Has zsh write what completion offers to $OFFERS, a candidate a line, then "end".
PROMPT=
autoload -U compinit
compinit -u -D
if [[ -n $SCRIPT ]] source $SCRIPT
bindkey '^I' complete-word
bindkey '^U' kill-whole-line
zstyle ':completion:*' insert-tab false
setopt no_beep no_auto_list no_auto_menu
exec 3>$OFFERS

compadd() {
  local word
  for word; do
    case $word in
      (-|--) break ;;
      (-[OAD]|-*[a-zA-Z0-9][OAD]) builtin compadd "$@"; return ;;
    esac
  done
  local -a hits
  builtin compadd -A hits "$@"
  (( $#hits )) && print -rlu3 -- $hits
  builtin compadd "$@"
}
finish() {
  comppostfuncs=(finish)
  print -u3 end
}
comppostfuncs=(finish)
print -u3 end
