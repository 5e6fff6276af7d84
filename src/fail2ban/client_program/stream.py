"""What the scripts around a configuration share. All run as `python -I -c`, in `/`.

Standard input: a line of JSON that says what to do, then what `fail2ban-client -d` prints: a
command a line, in Python's notation.
"""
import ast
import json
import os
import sys

END = "<F2B_END_COMMAND>"

# What a module of fail2ban's or of an action prints is no part of the answer.
ANSWER = os.dup(1)
os.dup2(os.open(os.devnull, os.O_WRONLY), 1)


def read():
    """What to do, and the commands."""
    head = json.loads(sys.stdin.readline())
    commands = []
    for line in sys.stdin:
        if line.startswith("["):
            commands.append(ast.literal_eval(line))
    return head, commands


def jail_of(command, jails):
    """The jail that a command is about; None for the daemon's own settings."""
    name = command[1] if len(command) > 1 else None
    if command[0] in ("add", "start"):
        return name
    return name if command[0] in ("set", "multi-set") and name in jails else None


def jails_of(commands):
    """The jails that the commands make, in their order."""
    return [command[1] for command in commands if command[0] == "add"]


def one_line(error):
    """The words of an exception."""
    return " ".join((str(error) or type(error).__name__).split())


def values_of(command):
    """The values that a command gives to an action: passwords and tokens may be among them."""
    if "addaction" in command[2:3]:
        options = json.loads(command[5]) if len(command) > 5 else {}
        return [str(value) for value in options.values()]
    if "action" in command[2:3]:
        pairs = command[4] if command[0] == "multi-set" else [command[4:6]]
        return [str(pair[1]) for pair in pairs if len(pair) > 1]
    return []


def without_values(words, commands):
    """Words of fail2ban's, without what may be secret in the configuration of an action."""
    values = {value for command in commands for value in values_of(command) if len(value) > 3}
    for value in sorted(values, key=len, reverse=True):
        words = words.replace(value, "…")
    return words


def tell(text, to=ANSWER):
    """Writes a text. A lone surrogate is no text to whoever reads it."""
    write(text.encode("utf-8", "replace"), to)


def write(data, to):
    while data:
        data = data[os.write(to, data):]
