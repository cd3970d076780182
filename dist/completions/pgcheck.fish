# Print an optspec for argparse to handle cmd's options that are independent of any subcommand.
function __fish_pgcheck_global_optspecs
    string join \n e/env= f/file= o/option= W/password only= skip= strict require= expires-within= expires-fail= t/timeout= w/wait= j/jobs= format= q/quiet v/verbose color= progress= h/help V/version
end

function __fish_pgcheck_needs_command
    # Figure out if the current invocation already has a command.
    set -l cmd (commandline -opc)
    set -e cmd[1]
    argparse -s (__fish_pgcheck_global_optspecs) -- $cmd 2>/dev/null
    or return
    if set -q argv[1]
        # Also print the command, so this can be used to figure out what it is.
        echo $argv[1]
        return 1
    end
    return 0
end

function __fish_pgcheck_using_subcommand
    set -l cmd (__fish_pgcheck_needs_command)
    test -z "$cmd"
    and return 1
    contains -- $cmd[1] $argv
end

complete -c pgcheck -n "__fish_pgcheck_needs_command" -s e -l env -d 'Take the target from this variable; may be repeated' -r
complete -c pgcheck -n "__fish_pgcheck_needs_command" -s f -l file -d 'Take targets from this file, one a line, named NAME = ...' -r -F
complete -c pgcheck -n "__fish_pgcheck_needs_command" -s o -l option -d 'Override a connection parameter; may be repeated' -r
complete -c pgcheck -n "__fish_pgcheck_needs_command" -l only -d 'Run just these checks: uri,dns,tls,...' -r
complete -c pgcheck -n "__fish_pgcheck_needs_command" -l skip -d 'Run all but these checks' -r
complete -c pgcheck -n "__fish_pgcheck_needs_command" -l require -d 'verify-ca, verify-full, channel-binding or tls1.3' -r
complete -c pgcheck -n "__fish_pgcheck_needs_command" -l expires-within -d 'Warn if the certificate expires sooner' -r
complete -c pgcheck -n "__fish_pgcheck_needs_command" -l expires-fail -d 'Fail if it expires sooner' -r
complete -c pgcheck -n "__fish_pgcheck_needs_command" -s t -l timeout -d 'Deadline for one target, all included' -r
complete -c pgcheck -n "__fish_pgcheck_needs_command" -s w -l wait -d 'Keep trying while the failure may pass by itself' -r
complete -c pgcheck -n "__fish_pgcheck_needs_command" -s j -l jobs -d 'Targets checked at once' -r
complete -c pgcheck -n "__fish_pgcheck_needs_command" -l format -d 'human (default), json, jsonl, nagios, openmetrics, github' -r -f -a "human\t'For people'
json\t'One JSON object; an array for several targets'
jsonl\t'One JSON object a line, as each target is finished'
nagios\t'One line, and exit codes, by the monitoring plugins\' guidelines'
openmetrics\t'OpenMetrics, for the textfile collector'
github\t'GitHub\'s workflow commands'"
complete -c pgcheck -n "__fish_pgcheck_needs_command" -l color -d 'Colour: auto, always, never' -r -f -a "auto\t'When it looks as if a person does'
always\t'In any case'
never\t'In no case'"
complete -c pgcheck -n "__fish_pgcheck_needs_command" -l progress -d 'Status line while waiting: auto, always, never' -r -f -a "auto\t'When it looks as if a person does'
always\t'In any case'
never\t'In no case'"
complete -c pgcheck -n "__fish_pgcheck_needs_command" -s W -l password -d 'Ask for the password on the terminal'
complete -c pgcheck -n "__fish_pgcheck_needs_command" -l strict -d 'A warning fails the run'
complete -c pgcheck -n "__fish_pgcheck_needs_command" -s q -l quiet -d 'One line per target; twice: nothing, only the exit code'
complete -c pgcheck -n "__fish_pgcheck_needs_command" -s v -l verbose -d 'Every check with its facts, and where the time went'
complete -c pgcheck -n "__fish_pgcheck_needs_command" -s h -l help -d 'Print this help'
complete -c pgcheck -n "__fish_pgcheck_needs_command" -s V -l version -d 'Print the version, and that of the TLS library'
complete -c pgcheck -n "__fish_pgcheck_needs_command" -a "uri" -d 'Show the connection parameters of a target, split for a driver; contacts nothing'
complete -c pgcheck -n "__fish_pgcheck_needs_command" -a "explain" -d 'Say what a check or a finding means, why it matters, how to mend it'
complete -c pgcheck -n "__fish_pgcheck_using_subcommand uri" -s e -l env -d 'Take the target from this variable; may be repeated' -r
complete -c pgcheck -n "__fish_pgcheck_using_subcommand uri" -s f -l file -d 'Take targets from this file, one a line, named NAME = ...' -r -F
complete -c pgcheck -n "__fish_pgcheck_using_subcommand uri" -s o -l option -d 'Override a connection parameter; may be repeated' -r
complete -c pgcheck -n "__fish_pgcheck_using_subcommand uri" -l to -d 'The form' -r -f -a "table\t'Keyword, value, and where the value came from'
json\t'One JSON object: libpq\'s keywords with their values'"
complete -c pgcheck -n "__fish_pgcheck_using_subcommand uri" -s W -l password -d 'Ask for the password on the terminal'
complete -c pgcheck -n "__fish_pgcheck_using_subcommand uri" -l show-password -d 'Print passwords, not ********'
complete -c pgcheck -n "__fish_pgcheck_using_subcommand uri" -s h -l help -d 'Print this help'
complete -c pgcheck -n "__fish_pgcheck_using_subcommand explain" -s h -l help -d 'Print this help'
