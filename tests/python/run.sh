#!/usr/bin/env bash
# Starts the given merchant-server in a temporary folder and lets foreign code talk to it.
#
#   tests/python/run.sh BINARY
#
# PYTHON names an interpreter that has tests/python/requirements.txt (default: python3).
set -euo pipefail
export PYTHONDONTWRITEBYTECODE=1

binary=$(realpath "$1")
python=${PYTHON:-python3}
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
server=

clean_up() {
    if [[ -n $server ]]; then kill -KILL "$server" 2>/dev/null || true; fi
    rm -rf "$work"
}
trap clean_up EXIT

failed=()
step() {
    local name=$1
    shift
    echo "== $name"
    if ! "$@"; then
        echo "== $name: FAILED"
        failed+=("$name")
    fi
}

free_port='import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
port=$("$python" -c "$free_port")
url=http://127.0.0.1:$port

"$python" "$here/../../examples/python-center/divert.py" --keys "$work/keys" --make-keys
"$binary" init --data "$work/data" --center-issuer https://center.example \
    --center-jwks "$work/keys/jwks.json" --public-url "$url" --listen "127.0.0.1:$port" \
    >"$work/init.log"
"$binary" token create --data "$work/data" --name test --role supervisor --scope cases:read \
    --scope cases:act --scope log:read --scope reports:manage >"$work/token"

"$binary" serve --data "$work/data" >"$work/server.log" 2>&1 &
server=$!

wait_until_ready() {
    # Raises, and so fails, on a refused connection and on every status from 400 on.
    local ask='import sys, urllib.request; urllib.request.urlopen(sys.argv[1], timeout=5)'
    for _ in $(seq 150); do
        if "$python" -c "$ask" "$url/readyz" 2>/dev/null; then return 0; fi
        if ! kill -0 "$server" 2>/dev/null; then break; fi
        sleep 0.2
    done
    echo "the server did not become ready within 30 s:"
    tail -n 40 "$work/server.log"
    return 1
}
wait_until_ready

# The README's example first: what a newcomer runs must work.
step "example" "$python" "$here/../../examples/python-center/divert.py" \
    --keys "$work/keys" --merchant "$url"
step "center" "$python" "$here/check_center.py" "$url" "$work/keys"
step "fuzz" "$python" "$here/fuzz.py" "$url" "$work/keys" "$work/token"

stop_server() {
    local code=0
    kill -TERM "$server" || return 1
    # No endless wait: a server that does not drain is a failure, not a hung test.
    for _ in $(seq 300); do
        if ! kill -0 "$server" 2>/dev/null; then break; fi
        sleep 0.1
    done
    if kill -0 "$server" 2>/dev/null; then
        echo "still running 30 s after SIGTERM"
        return 1
    fi
    wait "$server" || code=$?
    server=
    echo "exit code $code after SIGTERM"
    [[ $code == 0 ]]
}
step "graceful stop" stop_server
# The bundle of what just happened, in the hands of a library that is not ours.
second_opinion() {
    "$python" "$here/../../examples/python-verify/test_verify_bundle.py" &&
        "$binary" export bundle --data "$work/data" --out "$work/bundle" &&
        "$python" "$here/../../examples/python-verify/verify_bundle.py" "$work/bundle"
}
step "second opinion on a bundle" second_opinion
step "no personal data at rest" "$python" "$here/leaks.py" "$work/server.log" "$work/data"

no_panic() { ! grep -n -m 5 'panicked at' "$work/server.log"; }
step "no panic" no_panic

if ((${#failed[@]})); then
    echo "failed: ${failed[*]}"
    echo "-- the server's last lines:"
    tail -n 40 "$work/server.log"
    exit 1
fi
echo "all passed"
