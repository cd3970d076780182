# shellcheck shell=bash
# What the tests in this directory share. Sourced, never run.

# shellcheck source=fixtures/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/../../fixtures/lib.sh"
cd "$root" || exit

passed=0 failed=0
work=$(mktemp -d)
fixtures_password=sesame-4711

# url HOST[:PORT] [PARAMETERS]: the connection URI of an application that does everything right
url() { echo "postgresql://app:$fixtures_password@$1/shop?${2:-sslmode=verify-full&sslrootcert=/certs/ca.pem}"; }

# check DESCRIPTION COMMAND...: one test, which passes when the command does
check() {
    local what=$1
    shift
    if "$@" >"$work/output" 2>&1; then
        passed=$((passed + 1)) && echo "ok    $what"
    else
        failed=$((failed + 1)) && echo "FAIL  $what" && sed 's/^/      /' "$work/output"
    fi
}

# ends CODE COMMAND...: true if the command ends with this code
ends() {
    local expected=$1 code=0
    shift
    "$@" || code=$?
    [[ $code -eq $expected ]] || { echo "exit code $code, expected $expected" && return 1; }
}

# says CODE TEXT COMMAND...: true if the command ends with this code and its output holds the text
says() {
    local expected=$1 text=$2 said
    shift 2
    said=$(ends "$expected" "$@" 2>&1) || { echo "$said" && return 1; }
    [[ $said == *"$text"* ]] || { printf 'not said: %s\nbut: %s\n' "$text" "$said" && return 1; }
}

# until_true SECONDS COMMAND...
until_true() {
    local deadline=$((SECONDS + $1))
    shift
    until "$@"; do
        ((SECONDS < deadline)) || return 1
        sleep 0.2
    done
}

# start_servers FIXTURE...: throwaway servers, which end with this script
start_servers() {
    local name
    mkfifo "$work/alive"
    for name in "$@"; do fixtures/serve "$name" <"$work/alive" >"$work/$name.ready" & done
    exec {alive}>"$work/alive"
    for name in "$@"; do
        until_true 60 grep -q '^ready' "$work/$name.ready" || fail "the $name server did not start"
    done
}

port_of() { tr '\t' '\n' <"$work/$1.ready" | sed -n 's/^port=//p'; }

stop_servers() {
    [[ -z ${alive:-} ]] || exec {alive}>&-
    wait
    rm -rf "$work"
}

# The static binary: PGCHECK_STATIC, else what dist/build-static makes.
static_binary() { if [[ -n ${PGCHECK_STATIC:-} ]]; then echo "$PGCHECK_STATIC"; else dist/build-static; fi; }

# quietly COMMAND...: what it says is shown only if it fails, and then the test ends
quietly() { "$@" >"$work/quiet" 2>&1 || { cat "$work/quiet" >&2 && fail "failed: $*"; }; }

docker_answers() { docker info >/dev/null 2>&1; }

# The last line of every test here.
summary() { echo "$passed passed, $failed failed" && [[ $failed -eq 0 ]]; }
