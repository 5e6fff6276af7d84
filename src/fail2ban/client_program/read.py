"""Reads the configuration jail by jail, where `fail2ban-client -d` gives up at one of them.

As the reload of a single jail does (`fail2ban/client/jailsreader.py`, `getOptions` with a section): a file
that only one jail reads costs only that jail. Prints what `-d` would, with the mark that fail2ban itself
puts in the place of a jail that it skips.
"""
import logging

try:
    from fail2ban.client.fail2bancmdline import Fail2banCmdLine
    from fail2ban.client.fail2banreader import Fail2banReader
    from fail2ban.client.jailsreader import JailsReader
except ImportError as error:
    sys.stderr.write("fail2ban cannot be imported: %s" % error)
    sys.exit(4)

head = json.loads(sys.stdin.readline())
shared = {}


def reader(kind):
    """A reader of the configuration. They share every file that they read."""
    made = kind(share_config=shared)
    made.setBaseDir(head["config"])
    made.read()
    return made


def of_the_server():
    """The daemon's own settings, with what the client takes from elsewhere."""
    client = Fail2banCmdLine()
    client.initCmdLine(["fail2ban-client", "-c", head["config"], "-s", head["socket"]])
    logging.disable(logging.CRITICAL)
    settings = reader(Fail2banReader)
    settings.getOptions(client._conf)
    return settings.convert()


def of_jail(name):
    """What makes and starts a jail; nothing where it is not enabled. A missing log is a mistake here, where `-d`
    warns."""
    try:
        jail = reader(JailsReader)
        jail.getOptions(name)
        return jail.convert()
    except Exception as error:
        reason = "Jail '%s' skipped, because of wrong configuration: %s" % (name, one_line(error))
        return [["config-error", reason]]


commands = of_the_server()
jails = [name for name in reader(JailsReader).sections() if name != "INCLUDES"]
streams = [of_jail(name) for name in jails]
commands += [command for stream in streams for command in stream if command[0] != "start"]
commands += [command for stream in streams for command in stream if command[0] == "start"]
tell("".join("%r\n" % command for command in commands))
