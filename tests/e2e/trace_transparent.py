#!/usr/bin/env python3
"""postel trace passes on what it is given: random streams, cut at random places, arrive octet for
octet on the other side, in both directions, many at once; and memory stays bounded.
usage: trace_transparent.py [CONNECTIONS]; POSTEL names the program."""
import os
import random
import re
import signal
import socket
import subprocess
import sys
import threading

from libcheck import is_sanitized

STREAMS = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
AT_ONCE = 50


def octets(rng):
    kind = rng.randrange(3)
    if kind == 0:
        return rng.randbytes(rng.randrange(20000))
    if kind == 1:
        return b"".join(rng.choice([b"* OK hi\r\n", b"a1 NOOP\r\n", b"{5}\r\nab\r\n)", b"\r", b"\n", b"+ \r\n"])
                        for _ in range(rng.randrange(500)))
    return b"x" * rng.randrange(200000)


def send_cut(sock, data, rng):
    pos = 0
    while pos < len(data):
        end = pos + rng.choice([1, 7, 500, 4096, 65536])
        sock.sendall(data[pos:end])
        pos = end
    sock.shutdown(socket.SHUT_WR)


def receive(sock, count):
    """A socket with a time limit does not wait for all that was asked for."""
    data = b""
    while len(data) < count:
        part = sock.recv(count - len(data))
        if not part:
            raise OSError(f"closed after {len(data)} of {count} octets")
        data += part
    return data


def receive_all(sock):
    parts = []
    while True:
        part = sock.recv(rng_size())
        if not part:
            return b"".join(parts)
        parts.append(part)


def rng_size():
    return random.choice([100, 4096, 65536])


def serve(listener, plans):
    """Accepts each connection; its first 4 octets say which stream it is."""
    def one(conn):
        with conn:
            number = int.from_bytes(receive(conn, 4), "big")
            plan = plans[number]
            sender = threading.Thread(target=send_cut, args=(conn, plan["down"], random.Random(number)))
            sender.start()
            plan["up_seen"] = receive_all(conn)
            sender.join()
            plan["done"].set()
    while True:
        try:
            conn, _ = listener.accept()
        except OSError:
            return
        conn.settimeout(60)
        threading.Thread(target=one, args=(conn,), daemon=True).start()


def client(port, number, plan, gate, failures):
    with gate:
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=60) as sock:
                data = number.to_bytes(4, "big") + plan["up"]
                sender = threading.Thread(target=send_cut, args=(sock, data, random.Random(-number)))
                sender.start()
                down = receive_all(sock)
                sender.join()
            if not plan["done"].wait(60):
                failures.append(f"stream {number}: the server did not see its end")
            elif plan["up_seen"] != plan["up"] or down != plan["down"]:
                failures.append(f"stream {number}: {len(plan['up'])} up, {len(plan['up_seen'])} arrived; "
                                f"{len(plan['down'])} down, {len(down)} arrived")
        except OSError as error:
            failures.append(f"stream {number}: {error}")


def main():
    postel = os.environ.get("POSTEL", "")
    if not os.access(postel, os.X_OK):
        sys.exit(77)
    rng = random.Random(4711)
    plans = [{"up": octets(rng), "down": octets(rng), "done": threading.Event()} for _ in range(STREAMS)]
    listener = socket.create_server(("127.0.0.1", 0), backlog=200)
    threading.Thread(target=serve, args=(listener, plans), daemon=True).start()
    with subprocess.Popen([postel, "trace", "--listen", "127.0.0.1:0", "--starttls", "pass",
                           f"imap://127.0.0.1:{listener.getsockname()[1]}"],
                          stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as proxy:
        port = int(re.search(r":(\d+) ", proxy.stdout.readline()).group(1))
        threading.Thread(target=proxy.stdout.read, daemon=True).start()
        gate, failures = threading.Semaphore(AT_ONCE), []
        threads = [threading.Thread(target=client, args=(port, i, plans[i], gate, failures))
                   for i in range(STREAMS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        with open(f"/proc/{proxy.pid}/status", encoding="ascii") as status:
            peak = int(re.search(r"VmHWM:\s+(\d+) kB", status.read()).group(1))
        proxy.send_signal(signal.SIGINT)
        proxy.wait(20)
    for failure in failures[:10]:
        print(failure)
    limit = 4096 if is_sanitized() else 64
    print(f"{STREAMS} streams, {len(failures)} failures, peak {peak // 1024} MiB")
    sys.exit(1 if failures or peak > limit * 1024 else 0)


main()
