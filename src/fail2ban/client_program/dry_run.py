"""Feeds the jails' settings to fail2ban's own setters in this process, without starting a jail.

Standard input: what `fail2ban-client -d` prints. Exit 0: all were taken; 3: standard output says
which were not; anything else: it could not be tried.
"""
import ast
import logging
import sys

try:
    from fail2ban.server.server import Server
    from fail2ban.server.transmitter import Transmitter

    transmitter = Transmitter(Server())
except Exception:
    sys.exit(4)

# Settings that act on nothing outside this process.
SETTINGS = {
    "addfailregex", "addignoreregex", "addignoreip", "prefregex", "datepattern", "maxlines",
    "findtime", "bantime", "maxretry", "maxmatches", "usedns", "logencoding", "ignoreself",
}

logging.disable(logging.CRITICAL)
status = 0
for line in sys.stdin:
    try:
        command = ast.literal_eval(line)
    except (SyntaxError, ValueError):
        continue
    adds = command[0] == "add"
    sets = command[0] in ("set", "multi-set") and len(command) > 3
    if not adds and not (sets and (command[2] in SETTINGS or command[2].startswith("bantime."))):
        continue
    failed, answer = transmitter.proceed(command)
    if failed:
        setting = "backend" if adds else command[2]
        print("Jail %r, %s: %s" % (command[1], setting, " ".join(str(answer).split())))
        status = 3
sys.exit(status)
