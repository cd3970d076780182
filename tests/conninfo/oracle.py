"""What libpq itself makes of connection strings: the expected values of the tests.

usage: oracle.py strings < LIST         each string alone (PQconninfoParse)
       oracle.py surroundings < LIST    with environment and files (PQconnectdb)
       oracle.py record                 writes the *.libpq.json files beside this one

It needs psycopg with libpq 18 or later: pip install 'psycopg[binary]'. Connections go to
a port on 127.0.0.1 that answers "TLS, please" and hangs up, so that libpq gets as far as
it does without a server.
"""

import json
import multiprocessing
import os
import pathlib
import socket
import sys
import tempfile

from psycopg import OperationalError, pq

HERE = pathlib.Path(__file__).parent
LISTS = ("strings", "surroundings")


def options(found):
    return {o.keyword.decode(): o.val.decode() for o in found if o.val is not None}


def parse(text):
    """The parameters that the string gives, or None where libpq refuses it."""
    try:
        return {"values": options(pq.Conninfo.parse(text.encode()))}
    except (OperationalError, UnicodeDecodeError):
        return {"values": None}


def given(found):
    """The options without those at their defaults, the mode always among them."""
    default = lambda o: o.val == o.compiled and o.keyword != b"sslmode"
    values = options(o for o in found if not default(o))
    if values.get("sslcertmode") == "allow":
        del values["sslcertmode"]  # this default is filled in late
    return values


def listen():
    """Says yes to every SSLRequest and hangs up; a process, as libpq keeps the GIL."""
    server = socket.create_server(("127.0.0.1", 0))

    def serve():
        while True:
            peer, _ = server.accept()
            if peer.recv(8):
                peer.sendall(b"S")
            peer.close()

    multiprocessing.Process(target=serve, daemon=True).start()
    return str(server.getsockname()[1])


# What libpq says once it has come as far as the connection.
REACHED = (
    "server closed the connection",
    "Connection refused",
    "unexpected eof",
    "received fatal alert",
    "SSL error",
    "SSL SYSCALL error",
    "Connection reset",
    "expected authentication request",  # asked for no TLS
)


def connect(case, port):
    """The parameters that a connection is made with, or None where libpq refuses them.

    PORT stands for the port that answers, HOME for the home directory of the case.
    """
    with tempfile.TemporaryDirectory() as home:
        place = lambda text: text.replace("PORT", port).replace("HOME", home)
        for name, file in case.get("files", {}).items():
            path = pathlib.Path(home, name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(place(file["text"]))
            path.chmod(int(file.get("mode", "600"), 8))
        os.environ.clear()
        os.environ["HOME"] = home
        os.environ["PGSYSCONFDIR"] = home + "/sysconf"
        os.environ.update({k: place(v) for k, v in case.get("env", {}).items()})
        connection = pq.PGconn.connect(place(case["conninfo"]).encode())
        message = connection.error_message.decode(errors="replace")
        if not any(text in message for text in REACHED):
            return {"values": None}
        values = given(connection.info) | {"password": connection.password.decode()}
        if values.get("passfile") == home + "/.pgpass":
            del values["passfile"]  # so is this
        back = lambda text: text.replace(port, "PORT").replace(home, "HOME")
        return {"values": {k: back(v) for k, v in values.items()}}


def answers(kind, cases):
    if kind == "strings":
        return [{"conninfo": text} | parse(text) for text in cases]
    port = listen()
    return [case | connect(case, port) for case in cases]


def parameters():
    """Every parameter with its environment variable."""
    name = lambda raw: raw.decode() if raw else None
    known = {o.keyword.decode(): name(o.envvar) for o in pq.Conninfo.get_defaults()}
    return dict(sorted(known.items()))


def record():
    for kind in LISTS:
        cases = json.loads((HERE / f"{kind}.json").read_text())
        defaults = {
            o.keyword.decode(): o.compiled.decode()
            for o in pq.Conninfo.get_defaults()
            if o.compiled is not None and o.keyword != b"sslmode"
        } | {"sslcertmode": "allow"}
        found = {
            "libpq": pq.version(),
            "parameters": parameters(),
            "defaults": defaults,
            "cases": answers(kind, cases),
        }
        text = json.dumps(found, indent=1, ensure_ascii=False)
        (HERE / f"{kind}.libpq.json").write_text(text + "\n")


if __name__ == "__main__":
    if pq.version() < 180000:
        sys.exit(f"this is libpq {pq.version()}, and 18 is needed")
    if sys.argv[1:] == ["record"]:
        record()
    else:
        json.dump(answers(sys.argv[1], json.load(sys.stdin)), sys.stdout)
