# Completion for the scripts in bash:  source scripts/completion.bash
_ltxsh() {
    local word=${COMP_WORDS[COMP_CWORD]} script=${COMP_WORDS[1]}
    if [ "$COMP_CWORD" -gt 1 ] && [[ $script == *.lua && -f $script ]] && [[ $word == -* || ${COMP_WORDS[COMP_CWORD-1]} == -* ]]; then
        COMPREPLY=($(compgen -W "$("${COMP_WORDS[0]}" --no-init "$script" --complete "${COMP_WORDS[COMP_CWORD-1]}" 2>/dev/null)" -- "$word"))
    fi
    [ ${#COMPREPLY[@]} -gt 0 ] || COMPREPLY=($(compgen -f -- "$word"))
}
complete -o filenames -F _ltxsh ltxsh
