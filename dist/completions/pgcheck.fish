complete -c pgcheck -s e -l env -d 'Take the target from this variable; may be repeated' -r
complete -c pgcheck -s f -l file -d 'Take targets from this file, one a line, named NAME = ...' -r -F
complete -c pgcheck -s o -l option -d 'Override a connection parameter; may be repeated' -r
complete -c pgcheck -l only -d 'Run just these checks: uri,dns,tls,...' -r
complete -c pgcheck -l skip -d 'Run all but these checks' -r
complete -c pgcheck -l require -d 'verify-ca, verify-full, channel-binding or tls1.3' -r
complete -c pgcheck -l expires-within -d 'Warn if the certificate expires sooner' -r
complete -c pgcheck -l expires-fail -d 'Fail if it expires sooner' -r
complete -c pgcheck -s t -l timeout -d 'Deadline for one target, all included' -r
complete -c pgcheck -l format -d 'human (default), json, jsonl, nagios, openmetrics, github' -r -f -a "human\t'For people'
json\t'One JSON object; an array for several targets'
jsonl\t'One JSON object a line, as each target is finished'
nagios\t'One line, and exit codes, by the monitoring plugins\' guidelines'
openmetrics\t'OpenMetrics, for the textfile collector'
github\t'GitHub\'s workflow commands'"
complete -c pgcheck -l color -d 'Colour: auto, always, never' -r -f -a "auto\t'When it looks as if a person does'
always\t'In any case'
never\t'In no case'"
complete -c pgcheck -l progress -d 'Status line while waiting: auto, always, never' -r -f -a "auto\t'When it looks as if a person does'
always\t'In any case'
never\t'In no case'"
complete -c pgcheck -s W -l password -d 'Ask for the password on the terminal'
complete -c pgcheck -l strict -d 'A warning fails the run'
complete -c pgcheck -s q -l quiet -d 'One line per target; twice: nothing, only the exit code'
complete -c pgcheck -s v -l verbose -d 'Every check with its facts, and where the time went'
complete -c pgcheck -s h -l help -d 'Print help'
complete -c pgcheck -s V -l version -d 'Print version'
