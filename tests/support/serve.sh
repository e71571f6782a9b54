# shellcheck shell=sh

# FILE: waits until postel serve, whose output the file takes, says that it is ready.
wait_ready() {
    wait_tries=0
    until grep -q '^ready' "$1"; do
        wait_tries=$((wait_tries + 1))
        [ $wait_tries -lt 100 ] || { echo "serve is not ready"; exit 1; }
        sleep 0.05
    done
}
