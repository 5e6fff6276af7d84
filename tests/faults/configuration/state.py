"""Prints what a daemon has, a line each: what, a tab, the value as JSON. Argument: its socket."""
import json
import sys

from fail2ban.client.csocket import CSocket

SERVER = ("loglevel", "logtarget", "dbfile", "dbpurgeage", "dbmaxmatches")
JAIL = (
    "failregex", "ignoreregex", "prefregex", "datepattern", "logpath", "logencoding", "logtimezone", "journalmatch",
    "ignoreip", "ignoreself", "ignorecommand", "ignorecache", "maxretry", "maxmatches", "maxlines", "findtime",
    "usedns", "bantime", "bantime.increment", "bantime.factor", "bantime.formula", "bantime.multipliers",
    "bantime.maxtime", "bantime.rndtime", "actions", "banip",
)
ACTION = ("actionstart", "actionstop", "actionreload", "actionban", "actionunban", "timeout")
IN_NO_ORDER = ("ignoreip", "actions", "banip", "logpath")

daemon = CSocket(sys.argv[1], timeout=20)


def ask(*command):
    failed, answer = daemon.send(list(command))
    return "fail2ban refuses: %s" % answer if failed else answer


def plain(value):
    if isinstance(value, (list, tuple, set)):
        return [plain(item) for item in value]
    return value if value is None or isinstance(value, (bool, int, float)) else str(value)


def show(what, value, in_no_order=False):
    value = plain(value)
    if in_no_order and isinstance(value, list):
        value.sort()
    print("%s\t%s" % (what, json.dumps(value, ensure_ascii=False)))


for name in SERVER:
    show("server %s" % name, ask("get", name))
jails = dict(ask("status"))["Jail list"]
for jail in filter(None, jails.split(", ")):
    show(jail, "runs")
    for name in JAIL:
        show("%s %s" % (jail, name), ask("get", jail, name), name in IN_NO_ORDER)
    for action in ask("get", jail, "actions"):
        known = ask("get", jail, "actionproperties", action)
        for name in ACTION:
            if name in known:
                show("%s %s %s" % (jail, action, name), ask("get", jail, "action", action, name))
