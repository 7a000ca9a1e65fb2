namespace KairosBoot.Cli;

/// <summary>Scripts that ask <c>kboot complete</c> for the words: a script knows its shell, and nothing about the verbs.</summary>
internal static class CompletionScripts
{
    internal static IReadOnlyList<(string Shell, string Text)> All => [("bash", Bash), ("zsh", Zsh), ("fish", Fish)];

    // compopt: without matches, readline completes file names itself, with its own quoting.
    private const string Bash = """
        # bash completion of kboot, from: kboot completion bash
        _kboot() {
            local program=${COMP_WORDS[0]/#\~\//$HOME/} lines=()
            mapfile -t lines < <("$program" complete -- "${COMP_WORDS[@]:1:COMP_CWORD}" </dev/null 2>/dev/null)
            compopt +o default +o dirnames
            case ${lines[0]} in
                files) compopt -o default ;;
                directories) compopt -o dirnames ;;
            esac
            COMPREPLY=("${lines[@]:1}")
            COMPREPLY=("${COMPREPLY[@]%%$'\t'*}")
        }
        complete -F _kboot kboot

        """;

    // The last line: the file may be loaded by compinit as the function, or be sourced.
    private const string Zsh = """
        #compdef kboot
        # zsh completion of kboot, from: kboot completion zsh
        _kboot() {
            local line program=${words[1]/#\~\//$HOME/}
            local -a lines values
            lines=("${(@f)$("$program" complete -- "${(@Q)words[2,CURRENT]}" </dev/null 2>/dev/null)}")
            case ${lines[1]} in
                files|directories) [[ $PREFIX == --*=* ]] && compset -P '*=' ;;
            esac
            case ${lines[1]} in
                files) _files; return ;;
                directories) _files -/; return ;;
            esac
            for line in "${(@)lines[2,-1]}"; do
                values+=("${${line%%$'\t'*}//:/\\:}${${(M)line:#*$'\t'*}:+:${line#*$'\t'}}")
            done
            _describe kboot values
        }
        if [ "${funcstack[1]}" = _kboot ]; then _kboot "$@"; else compdef _kboot kboot; fi

        """;

    private const string Fish = """
        # fish completion of kboot, from: kboot completion fish
        function __kboot_complete
            set -l words (commandline -opc) (commandline -ct)
            set -l lines ($words[1] complete -- $words[2..-1] </dev/null 2>/dev/null)
            switch "$lines[1]"
                case files
                    __fish_complete_path (commandline -ct)
                case directories
                    __fish_complete_directories (commandline -ct)
            end
            if set -q lines[2]
                printf '%s\n' $lines[2..-1]
            end
        end
        complete -c kboot -f -a '(__kboot_complete)'

        """;
}
