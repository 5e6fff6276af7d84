"""Runs commands of fail2ban's own client, each in a fork of this process.

Importing the client takes longer than most commands, so it is imported once. Listens on the abstract socket that the first
argument names. A request is the client's arguments, each ended by a zero byte; the answer is the exit status, what went to
standard output and what went to standard error, with a zero byte between them. Ends with its standard input.
"""

import os
import select
import signal
import socket
import sys
import tempfile
import traceback

from fail2ban.client.fail2banclient import exec_command_line


def answer(connection):
    request = b""
    while part := connection.recv(65536):
        request += part
    arguments = [os.fsdecode(argument) for argument in request.split(b"\0")[:-1]]
    said = [tempfile.TemporaryFile() for _ in ("stdout", "stderr")]
    client = os.fork()
    if client == 0:
        for number, file in enumerate(said, start=1):
            os.dup2(file.fileno(), number)
        try:
            exec_command_line(["fail2ban-client", *arguments])
        except SystemExit as end:
            os._exit(end.code or 0)
    status = os.waitstatus_to_exitcode(os.waitpid(client, 0)[1])
    for file in said:
        file.seek(0)
    connection.sendall(b"\0".join([str(status).encode(), *(file.read() for file in said)]))


def main():
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    listener = socket.socket(socket.AF_UNIX)
    listener.bind("\0" + sys.argv[1])
    listener.listen(64)
    print("ready", flush=True)
    while True:
        ready, _, _ = select.select([listener, sys.stdin], [], [])
        if sys.stdin in ready:
            return
        connection, _ = listener.accept()
        if os.fork() == 0:
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            listener.close()
            try:
                answer(connection)
            except BaseException:
                os.write(2, traceback.format_exc().encode())
                os._exit(1)
            os._exit(0)
        connection.close()


main()
