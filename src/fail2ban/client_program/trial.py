"""Feeds a configuration to a server of fail2ban's own in this process, and asks it what came of it.

Every command is fed in its order but `start`: only `start` makes a thread, reads a log or runs an
action's command. Left to judgement are those that would reach outside: where to log and which
database to open. Also an action in Python is constructed, as the daemon does at `addaction`; those
that fail2ban ships only remember their options then.
"""
import errno
import logging
import math
import os
import stat

try:
    from fail2ban import version
    from fail2ban.client.configurator import Configurator
    from fail2ban.helpers import extractOptions
    from fail2ban.server.action import CommandAction
    from fail2ban.server.server import Server
    from fail2ban.server.transmitter import Transmitter
except ImportError as error:
    sys.stderr.write("fail2ban cannot be imported: %s" % error)
    sys.exit(4)

# What a module of an action prints is no part of the answer.
sys.stdout = sys.stderr
logging.disable(logging.CRITICAL)

head, commands = read()
server = Server()
transmitter = Transmitter(server)
jails = jails_of(commands)
answer = {"version": version.version, "refusals": [], "server": {}, "jails": []}
expected = {jail: {"name": jail, "settings": {}, "assigned": [], "actions": []} for jail in jails}
# By jail and action: the properties that the configuration assigns.
properties = {}


def refuse(jail, setting, reason):
    answer["refusals"].append({"jail": jail, "setting": setting, "reason": reason})


def ask(*command):
    """The answer to a question, or None where this fail2ban does not know it."""
    failed, value = transmitter.proceed(list(command))
    return None if failed else value


def log_target(text):
    """Judges a log target without opening it (`fail2ban/server/server.py`, `setLogTarget`)."""
    target, options = extractOptions(text)
    answer["server"]["logtarget"] = target
    # The daemon does nothing where it logs there already.
    if target == head["log_target"] or target.upper() in ("INHERITED", "STDOUT", "SYSOUT", "STDERR"):
        return
    logging.Formatter(options.get("format") or None)
    if target.upper() == "SYSTEMD-JOURNAL":
        import systemd.journal
    elif target.upper() == "SYSLOG":
        sockets = [command[2] for command in commands if command[:2] == ["set", "syslogsocket"]]
        socket = "/dev/log" if sockets[-1:] in ([], ["auto"]) else sockets[-1]
        if not os.path.exists(socket):
            raise ValueError("There is no syslog socket %s" % socket)
    elif os.path.isdir(target):
        raise ValueError("%s is a directory" % target)
    elif not os.access(target if os.path.exists(target) else os.path.dirname(target) or "/", os.W_OK):
        raise ValueError("fail2ban cannot write to %s" % target)


def database(text):
    """Opens a database in memory, in which numbers can be set like in the real one."""
    is_off = text.lower() == "none"
    answer["server"]["dbfile"] = None if is_off else text
    server.setDatabase("none" if is_off else ":memory:")


def calls_a_method(command):
    """Whether an action's option has the name of a method, which fail2ban then runs (`transmitter.py`,
    `__commandSet`)."""
    action = server.getAction(command[1], command[3])
    pairs = command[4] if command[0] == "multi-set" else [command[4:6]]
    properties.setdefault((command[1], command[3]), set()).update(pair[0] for pair in pairs)
    return [pair[0] for pair in pairs if callable(getattr(action, pair[0], None))]


def proceed(command):
    if command[:2] == ["set", "logtarget"]:
        return log_target(command[2])
    if command[:2] == ["set", "dbfile"]:
        return database(command[2])
    if command[2:3] == ["action"]:
        methods = calls_a_method(command)
        if methods:
            raise ValueError("%s is a method of the action, not an option" % methods[0])
    if command[2:3] == ["addlogpath"] and os.path.exists(command[3]):
        if stat.S_ISFIFO(os.stat(command[3]).st_mode):
            raise ValueError("%s is a named pipe, which fail2ban would wait for" % command[3])
    failed, value = transmitter.proceed(command)
    # An inotify instance for each jail may be more than this user has left; the daemon has its own.
    if failed and command[0] == "add" and getattr(value, "errno", None) in (errno.EMFILE, errno.ENFILE, errno.ENOSPC):
        failed, value = transmitter.proceed(["add", command[1], "polling"])
    if failed:
        raise value


def feed():
    unmade = set()
    for command in commands:
        jail = jail_of(command, expected)
        if command[0] == "start" or jail in unmade:
            continue
        setting = command[2] if jail and command[0] != "add" else "backend" if jail else command[1]
        if command[0] == "config-error":
            skipped(command[1])
            continue
        if jail and command[0] != "add":
            expected[jail]["assigned"].append(setting)
        try:
            if END in repr(command):
                raise ValueError("fail2ban reads %s as the end of a command" % END)
            proceed(command)
        except SystemExit:
            refuse(jail, setting, "it ends the process, which would be fail2ban itself")
        except Exception as error:
            refuse(jail, setting, without_values(one_line(error), [command]))
            if command[0] == "add":
                unmade.add(jail)
    return [jail for jail in jails if jail not in unmade]


def skipped(words):
    """A jail that fail2ban left out of the dump (`fail2ban/client/jailreader.py`, `convert`)."""
    name, found, reason = words.partition("' skipped, because of ")
    if found and reason.startswith("missing log files"):
        return  # As the configuration wants it: `skip_if_nologs`.
    jail = name[len("Jail '"):] if found else None
    refuse(jail, "", reason.partition(": ")[2] or words)


def plain(value):
    """A value as it crosses the daemon's socket, in JSON (`fail2ban/server/asyncserver.py`, `convert`)."""
    if hasattr(value, "fileName"):  # `ignoreip = file:…` (`fail2ban/server/ipdns.py`, `FileIPAddrSet`).
        return "file:%s" % value.fileName
    if isinstance(value, (list, tuple, set)):
        return [plain(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return repr(value)
    return value if value is None or isinstance(value, (bool, int, float)) else str(value)


def is_option(action, key, value):
    """Whether it is a value that somebody can set, rather than what the class itself works out."""
    is_plain = isinstance(value, (str, int, bool, float))
    return is_plain and not isinstance(getattr(type(action), key, None), property)


def action_of(jail, name):
    action = server.getAction(jail, name)
    # What a reload resets by itself (`fail2ban/server/action.py`, `clearAllParams`).
    own = vars(CommandAction(None, name)) if isinstance(action, CommandAction) else ()
    own = {key for key in own if not key.startswith("_")}
    values = {key: ask("get", jail, "action", name, key) for key in ask("get", jail, "actionproperties", name)}
    options = {key: value for key, value in values.items() if is_option(action, key, value)}
    return {
        "name": name,
        # Without these a reload removes the action (`fail2ban/server/actions.py`, `add` and `reload`).
        "survives": hasattr(action, "reload") and hasattr(action, "clearAllParams"),
        "properties": options,
        "assigned": sorted(own | properties.get((jail, name), set())),
        "computed": sorted(set(values) - set(options)),
    }


def describe(jail):
    found = expected[jail]
    for setting in head["settings"]:
        failed, value = transmitter.proceed(["get", jail, setting])
        if not failed:
            found["settings"][setting] = plain(value)
    # How "auto" reads depends on the process that reads it.
    encodings = [command[3] for command in commands if command[1:3] == [jail, "logencoding"]]
    if not encodings or encodings[-1].lower() == "auto":
        found["settings"].pop("logencoding", None)
    found["backend"] = [command[2] for command in commands if command[:2] == ["add", jail]][0]
    found["actions"] = [action_of(jail, name) for name in ask("get", jail, "actions")]
    # The last question, as the address stays: fail2ban 1.1.1 adds none beside a file.
    found["takes_ignores"] = not transmitter.proceed(["set", jail, "addignoreip", "2001:db8:ffff::fffe"])[0]
    return found


made = feed()
answer["jails"] = [describe(jail) for jail in made]
for setting in head["server"]:
    if setting not in answer["server"]:
        answer["server"][setting] = ask("get", setting)
reader = Configurator()
reader.setBaseDir(head["config"])
reader.readEarly()
answer["socket"] = reader.getEarlyOptions().get("socket")
tell(answer)
