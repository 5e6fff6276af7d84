"""Loads a configuration into the running daemon, with fail2ban's own client socket.

The commands are those of a dump that passed the trial, in the daemon's own `reload`, one jail after
another: where the daemon gives up in the middle of one, the others still run.
"""
try:
    from fail2ban.client.csocket import CSocket
except ImportError as error:
    sys.stderr.write("fail2ban cannot be imported: %s" % error)
    sys.exit(4)

head, commands = read()
jails = set(jails_of(commands))


def messages(step):
    """The messages of one step. The daemon's own settings are sent one by one, as no jail depends on
    them."""
    jail = step.get("jail")
    if step["do"] == "settings":
        return [command for command in commands if jail_of(command, jails) is None and command[0] == "set"]
    if step["do"] == "stop":
        return [["stop", jail]]
    if step["do"] == "wake":
        return [["set", jail, "idle", "off"]]
    stream = [command for command in commands if jail_of(command, jails) == jail]
    if step["do"] == "salvage":
        stream = [command for command in stream if not is_missing_log(command)]
    options = ["--if-exists"] if step["do"] == "reload" else ["--if-exists", "--restart"]
    return [["reload", jail, options, stream]]


def is_missing_log(command):
    return command[2:3] == ["addlogpath"] and not os.path.exists(command[3])


def finish_earlier(client):
    """Ends a reload that gave up in its very end (`fail2ban/server/server.py`, `reloadJails`). Until then fail2ban
    takes the jails that it was at for untouched, and removes them at the end of the next reload, whatever that
    brought. No jail has an empty name, so nothing else comes of it. Where it cannot be ended, the steps tell."""
    try:
        client.send(["reload", "", ["--if-exists"], []])
    except Exception:
        pass


def run():
    """Sends everything. Returns the step that failed and why."""
    try:
        client = CSocket(head["socket"])
    except OSError as error:
        return {"jail": None, "reason": one_line(error), "reached": False}
    finish_earlier(client)
    for step in head["steps"]:
        for message in messages(step):
            try:
                failed, value = client.send(message)
            except Exception as error:
                # The daemon is gone, or raised what cannot be read here.
                failed, value = 1, error
            if failed:
                reason = without_values(one_line(value), commands)
                return {"jail": step.get("jail"), "reason": reason, "reached": True}
    client.close()
    return None


tell(json.dumps({"failed": run()}, ensure_ascii=False))
