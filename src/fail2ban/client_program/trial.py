"""Feeds a configuration to a server of fail2ban's own in this process, and asks it what came of it.

Every command is fed in its order but `start`: only `start` makes a thread, reads a log or runs an
action's command. Left to judgement are those that would reach outside: where to log and which
database to open (`outside.py`). Also an action in Python is constructed, as the daemon does at
`addaction`; those that fail2ban ships only remember their options then.

The jails are fed in another process, as such an action may end its process, or never return.
"""
import errno
import logging
import math
import signal
import stat
import threading

try:
    from fail2ban import version
    from fail2ban.client.configurator import Configurator
    from fail2ban.helpers import extractOptions
    from fail2ban.server.action import CommandAction
    from fail2ban.server.database import Fail2BanDb
    from fail2ban.server.filter import FileContainer, JournalFilter
    from fail2ban.server.observer import ObserverThread
    from fail2ban.server.server import Server
    from fail2ban.server.transmitter import Transmitter
except ImportError as error:
    sys.stderr.write("fail2ban cannot be imported: %s" % error)
    sys.exit(4)

# So many seconds a jail may take. fail2ban answers nobody meanwhile.
LIMIT = 10

sys.stdout = sys.stderr
logging.disable(logging.CRITICAL)

head, commands = read()
server = Server()
transmitter = Transmitter(server)
jails = jails_of(commands)
# The commands of each jail but its start.
of_jail = {jail: [] for jail in jails}
for command in commands:
    if command[0] != "start" and jail_of(command, of_jail) is not None:
        of_jail[jail_of(command, of_jail)].append(command)
answer = {"version": version.version, "refusals": [], "server": {}, "jails": []}


def refuse(jail, setting, reason):
    answer["refusals"].append({"jail": jail, "setting": setting, "reason": reason})


def ask(*command):
    """The answer to a question, or None where this fail2ban does not know it."""
    failed, value = transmitter.proceed(list(command))
    return None if failed else value


def calls_a_method(command):
    """Whether an action's option has the name of a method, which fail2ban then runs (`transmitter.py`,
    `__commandSet`)."""
    action = server.getAction(command[1], command[3])
    methods = [pair[0] for pair in pairs_of(command) if callable(getattr(action, pair[0], None))]
    return methods[0] if methods else None


def pairs_of(command):
    """The options of an action and their values."""
    return command[4] if command[0] == "multi-set" else [command[4:6]]


def proceed(command):
    if END in repr(command):
        raise ValueError("fail2ban reads %s as the end of a command" % END)
    if command[:2] == ["set", "logtarget"]:
        answer["server"]["logtarget"] = log_target(command[2])
        return
    if command[:2] == ["set", "dbfile"]:
        answer["server"]["dbfile"] = database(command[2])
        server.setDatabase(":memory:" if answer["server"]["dbfile"] else "none")
        return
    if command[2:3] == ["action"] and calls_a_method(command):
        raise ValueError("%s is a method of the action, not an option" % calls_a_method(command))
    if command[2:3] == ["addlogpath"] and os.path.exists(command[3]):
        if stat.S_ISFIFO(os.stat(command[3]).st_mode):
            raise ValueError("%s is a named pipe, which fail2ban would wait for" % command[3])
    failed, value = transmitter.proceed(command)
    # An inotify instance for each jail may be more than this user has left; the daemon has its own.
    if failed and command[0] == "add" and getattr(value, "errno", None) in (errno.EMFILE, errno.ENFILE, errno.ENOSPC):
        failed, value = transmitter.proceed(["add", command[1], "polling"])
    if failed:
        raise value


def setting_of(command, jail):
    """The setting that a command is about."""
    return command[2] if jail and command[0] != "add" else "backend" if jail else command[1]


def feed(command, jail):
    """Whether fail2ban takes a command."""
    try:
        proceed(command)
        return True
    except SystemExit:
        refuse(jail, setting_of(command, jail), "it ends the process, which would be fail2ban itself")
    except Exception as error:
        refuse(jail, setting_of(command, jail), without_values(one_line(error), [command]))
    return False


def feed_the_server():
    for command in commands:
        if command[0] == "config-error":
            skipped(command[1])
        elif jail_of(command, of_jail) is None:
            feed(command, None)
    try:
        # With the size of its stack that was just set.
        thread = threading.Thread(target=int)
        thread.start()
        thread.join()
    except Exception as error:
        refuse(None, "thread", one_line(error))


def skipped(words):
    """A jail that fail2ban left out of the dump (`fail2ban/client/jailreader.py`, `convert`)."""
    name, found, reason = words.partition("' skipped, because of ")
    if found and reason.startswith("missing log files"):
        return  # As the configuration wants it: `skip_if_nologs`.
    jail = name[len("Jail '"):] if found else None
    refuse(jail, "", reason.partition(": ")[2] or words)


def plain(value):
    """A value as it crosses the daemon's socket, in JSON (`fail2ban/server/asyncserver.py`, `convert`). A number
    that not every reader of JSON takes is a text."""
    if hasattr(value, "fileName"):  # `ignoreip = file:…` (`fail2ban/server/ipdns.py`, `FileIPAddrSet`).
        return "file:%s" % value.fileName
    if isinstance(value, (list, tuple, set)):
        return [plain(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return repr(value)
    if isinstance(value, int) and not -2 ** 63 <= value < 2 ** 63:
        # As BanGUI reads one of the daemon's: decimal digits take too long where there are many.
        return str(value) if value.bit_length() < head["decimal_bits"] else hex(value)
    return value if value is None or isinstance(value, (bool, int, float)) else str(value)


def is_option(action, key, value):
    """Whether it is a value that somebody can set, rather than what the class itself works out."""
    is_plain = isinstance(value, (str, int, bool, float))
    return is_plain and not isinstance(getattr(type(action), key, None), property)


def action_of(jail, name, own):
    action = server.getAction(jail, name)
    # What a reload resets by itself (`fail2ban/server/action.py`, `clearAllParams`).
    reset = vars(CommandAction(None, name)) if isinstance(action, CommandAction) else ()
    assigned = {key for key in reset if not key.startswith("_")}
    for command in own:
        if command[2:4] == ["action", name]:
            assigned.update(pair[0] for pair in pairs_of(command))
    values = {key: ask("get", jail, "action", name, key) for key in ask("get", jail, "actionproperties", name)}
    options = {key: plain(value) for key, value in values.items() if is_option(action, key, value)}
    return {
        "name": name,
        # Without these a reload removes the action (`fail2ban/server/actions.py`, `add` and `reload`).
        "survives": hasattr(action, "reload") and hasattr(action, "clearAllParams"),
        "properties": options,
        "assigned": sorted(assigned),
        "computed": sorted(set(values) - set(options)),
    }


def describe(jail, own):
    settings = {}
    for setting in head["settings"]:
        failed, value = transmitter.proceed(["get", jail, setting])
        if not failed:
            settings[setting] = plain(value)
    # How "auto" reads depends on the process that reads it.
    encodings = [command[3] for command in own if command[2:3] == ["logencoding"]]
    if not encodings or encodings[-1].lower() == "auto":
        settings.pop("logencoding", None)
    actions = [action_of(jail, name, own) for name in ask("get", jail, "actions")]
    return {
        "name": jail,
        "settings": settings,
        "assigned": [command[2] for command in own if command[0] != "add"],
        "backend": [command[2] for command in own if command[0] == "add"][0],
        "actions": actions,
        # The last question, as the address stays: fail2ban 1.1.1 adds none beside a file.
        "takes_ignores": not transmitter.proceed(["set", jail, "addignoreip", "2001:db8:ffff::fffe"])[0],
    }


def try_jail(jail, note):
    """Feeds a jail and notes what it is at and what came of it."""
    answer["refusals"] = []
    described = None
    try:
        described = fed(jail, lambda setting: note({"at": setting}))
    except Exception as error:
        refuse(jail, "", without_values(one_line(error), of_jail[jail]))
    note({"refusals": answer["refusals"], "jail": described})


def fed(jail, at):
    """A jail as it is when it was fed; None where fail2ban makes none."""
    for command in of_jail[jail]:
        at(setting_of(command, jail))
        if not feed(command, jail) and command[0] == "add":
            return None
    at("")
    described = describe(jail, of_jail[jail])
    read_a_line(jail)
    return described


def in_another_process(untried):
    """Tries jails up to the first that ends the process or takes too long. Returns the rest."""
    reads, writes = os.pipe()
    process = os.fork()
    if process == 0:
        try:
            signal.signal(signal.SIGALRM, signal.SIG_DFL)
            for jail in untried:
                signal.alarm(LIMIT)
                try_jail(jail, lambda found: tell("%s\n" % json.dumps(found), writes))
        finally:
            # Whatever threads there are.
            os._exit(0)
    os.close(writes)
    untried, at = untried[:], ""
    with os.fdopen(reads) as notes:
        # A child of an action's may hold the pipe open.
        while untried:
            line = notes.readline()
            if not line.endswith("\n"):
                break
            found = json.loads(line)
            if "at" in found:
                at = found["at"]
                continue
            untried.pop(0)
            answer["refusals"] += found["refusals"]
            answer["jails"] += [found["jail"]] if found["jail"] else []
    status = os.waitpid(process, 0)[1]
    if untried:
        refuse(untried.pop(0), at, ended(status))
    return untried


def ended(status):
    """Why a process ended too early."""
    if not os.WIFSIGNALED(status):
        return "it ends the process, which would be fail2ban itself"
    if os.WTERMSIG(status) == signal.SIGALRM:
        return "it is not done within %d seconds, in which fail2ban would answer nobody" % LIMIT
    return "it ends the process with signal %d, which would be fail2ban itself" % os.WTERMSIG(status)


feed_the_server()
untried = jails
while untried:
    untried = in_another_process(untried)
for setting in head["server"]:
    if setting not in answer["server"]:
        answer["server"][setting] = plain(ask("get", setting))
reader = Configurator()
reader.setBaseDir(head["config"])
reader.readEarly()
answer["socket"] = reader.getEarlyOptions().get("socket")
tell(json.dumps(answer, ensure_ascii=False))
